/// <reference lib="esnext.disposable" />
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { styleText } from "node:util";
import { onStopSignal } from "../../src/shared/lifecycle.ts";
import { readWorkerConfig } from "../../workers/worker-config.ts";
import { isAlive, localFolder, repositoryFolder } from "../stack/folders.ts";
import { startStack } from "../stack/start-stack.ts";
import { assertNotMixed, provideClerk } from "./provide-clerk.ts";
import { choosePort } from "./choose-port.ts";
import { provideAdmin } from "./provide-admin.ts";
import { showEvents } from "./show-events.ts";
import { startService } from "./start-service.ts";

const dataFolder = join(localFolder, "dev");
const log = (line: string) => console.log(styleText("dim", line));

/**
 * Runs everything until Ctrl-C or a crash, and stops it in reverse order. The data is kept for the next run. Resolves with
 * the exit code. After an interrupted start the caller must exit, because unfinished steps continue until then.
 */
export async function runDevelopment(): Promise<number> {
  const interrupted = untilInterrupted();
  await using started = new AsyncDisposableStack();
  try {
    const running = await Promise.race([start(started), interrupted]);
    if (running) await Promise.race([running.crashed, interrupted]);
    log("\nStopping …");
    return 0;
  } catch (error) {
    console.error(styleText("red", error instanceof Error ? error.message : String(error)));
    return 1;
  }
}

async function start(started: AsyncDisposableStack): Promise<{ crashed: Promise<never> }> {
  loadEnvFile();
  assertNotMixed(process.env, process.argv.includes("--emulator"));
  const folder = await holdFolder(dataFolder);
  started.defer(folder.release);

  log("Starting Redis and Kafka …");
  const stack = await startStack({ dir: dataFolder, log });
  started.defer(stack.stop);

  const port = await choosePort("the API", Number(process.env["PORT"] || 3007), log);
  const workerPort = await choosePort("the worker", Number(process.env["WORKER_PORT"] || 3008), log);
  const clerk = await provideClerk(process.env, port, log);
  started.defer(clerk.stop);
  const admin = await provideAdmin(process.env);

  const env: NodeJS.ProcessEnv = {
    HOST: "127.0.0.1",
    ...process.env,
    CONSOLE: "true",
    LOG_FORMAT: "pretty",
    ...clerk.env,
    ...admin.env,
    REDIS_URL: stack.redisUrl,
    KAFKA_BROKERS: stack.kafkaBrokers.join(","),
    PORT: `${port}`,
    WORKER_PORT: `${workerPort}`,
  };
  log("Starting the API and the worker …");
  const [api, worker] = await Promise.all([
    startService({ name: "api", script: "src/api/main.ts", port, env, logDir: dataFolder }),
    startService({ name: "worker", script: "workers/main.ts", port: workerPort, env, logDir: dataFolder }),
  ]);
  started.defer(api.stop);
  started.defer(worker.stop);

  started.defer(
    await shareEnvironment({
      ...clerk.env,
      ...admin.env,
      REDIS_URL: env["REDIS_URL"],
      KAFKA_BROKERS: env["KAFKA_BROKERS"],
    }),
  );

  const { kafka } = readWorkerConfig(env);
  const events = await showEvents(kafka, console.log);
  started.defer(events.stop);

  console.log(`
  Redis   ${stack.redisUrl}  (${stack.source})
  Kafka   ${stack.kafkaBrokers.join(",")}  (${stack.source})
  Clerk   ${clerk.description}
  API     ${api.url}  (log: ${api.logFile})
  Worker  ${worker.url}  (log: ${worker.logFile})

Ready in ${(performance.now() / 1000).toFixed(1)} s. Create a user from another terminal:

${styleText("cyan", clerk.curl)}

List the users through the API, as an admin:

${styleText("cyan", admin.curl(api.url))}

Sign in to the console with the same token: ${styleText("cyan", `${api.url}/console`)}

Look inside with the command line, which uses these servers: ${styleText("cyan", "npm run bridge -- doctor")}

Events of ${kafka.eventsTopic} as they are committed (Ctrl-C stops everything):
`);
  return { crashed: Promise.race([api.crashed, worker.crashed]) };
}

/** Tells the command line the servers of this run (see cli/context/use-development-stack.ts). Returns a function that takes it back. */
async function shareEnvironment(variables: NodeJS.ProcessEnv): Promise<() => Promise<void>> {
  const file = join(dataFolder, "environment");
  const lines = Object.entries({ ...variables, DEVELOPMENT_PID: `${process.pid}` });
  // Only the owner may read the keys.
  await writeFile(file, lines.map(([name, value]) => `${name}=${JSON.stringify(value)}\n`).join(""), { mode: 0o600 });
  return () => rm(file, { force: true });
}

function loadEnvFile(): void {
  const file = join(repositoryFolder, ".env");
  if (existsSync(file)) process.loadEnvFile(file);
}

/** Resolves on the first Ctrl-C. A second one ends this process and its child processes at once. */
const untilInterrupted = () =>
  new Promise<void>((resolve) => onStopSignal(["SIGINT", "SIGTERM", "SIGHUP"], () => resolve()));

/** Locks the folder for this process until `release`. Throws if another running process has locked it. */
async function holdFolder(dir: string): Promise<{ release: () => Promise<void> }> {
  await mkdir(dir, { recursive: true });
  const pidFile = join(dir, "pid");
  const holder = Number(await readFile(pidFile, "utf8").catch(() => 0));
  if (holder && isAlive(holder))
    throw new Error(`npm run dev is already running here (process ${holder}). Stop it first.`);
  await writeFile(pidFile, `${process.pid}`);
  return { release: () => rm(pidFile) };
}
