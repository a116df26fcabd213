import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";

/** Written by `npm run dev` while it runs, with its process id in DEVELOPMENT_PID. */
const environmentFile = join(import.meta.dirname, "../../.local/dev/environment");
/** With one of these, the operator has chosen the servers. */
const choices = ["REDIS_URL", "KAFKA_BROKERS", "CLERK_SECRET_KEY", "CLERK_API_URL"];

/** Uses the servers of a running `npm run dev`, unless the environment names any server, so that the two are never mixed. */
export function useDevelopmentStack(file = environmentFile, env: NodeJS.ProcessEnv = process.env): void {
  if (choices.some((name) => env[name]) || !existsSync(file)) return;
  const variables = parseEnv(readFileSync(file, "utf8"));
  if (!isRunning(Number(variables["DEVELOPMENT_PID"]))) return;
  for (const [name, value] of Object.entries(variables)) env[name] ??= value;
  process.stderr.write("Using the servers of `npm run dev`, because the environment names none.\n");
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
