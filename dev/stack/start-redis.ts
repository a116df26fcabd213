import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { findFreePort } from "./free-port.ts";
import { reportFailedStart } from "./report-failed-start.ts";
import { spawnTied, type TiedProcess } from "./spawn-tied.ts";
import { waitFor } from "./wait-for.ts";

export type RedisServer = TiedProcess & {
  readonly url: string;
  readonly port: number;
  /** The folder for data and log. `startRedis` with this folder and port restarts the same server with its data. */
  readonly dir: string;
};

export type RedisOptions = {
  /** Created if missing. */
  dir: string;
  /** Default: a free port. */
  port?: number;
  /** Additional settings of redis.conf, which override the defaults. */
  settings?: Readonly<Record<string, string>>;
};

/** Starts a `redis-server` that loses no acknowledged write and evicts nothing. Resolves when it answers. */
export async function startRedis({ dir, port: wanted, settings = {} }: RedisOptions): Promise<RedisServer> {
  const port = wanted ?? (await findFreePort());
  const logFile = join(dir, "redis.log");
  await mkdir(dir, { recursive: true });
  const server = spawnTied("redis-server", redisArguments(dir, port, settings), { logFile });
  const url = `redis://127.0.0.1:${port}`;
  try {
    await waitUntilAnswering(url, server);
  } catch (error) {
    await server.kill();
    throw await reportFailedStart("redis-server", logFile, error);
  }
  return { url, port, dir, ...server };
}

function redisArguments(dir: string, port: number, others: Readonly<Record<string, string>>): string[] {
  const settings = {
    bind: "127.0.0.1",
    port: `${port}`,
    dir,
    appendonly: "yes",
    appendfsync: "always",
    save: "",
    "maxmemory-policy": "noeviction",
    ...others,
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

async function waitUntilAnswering(url: string, server: TiedProcess): Promise<void> {
  const redis = new Redis(url, { retryStrategy: () => 5, maxRetriesPerRequest: null, maxLoadingRetryTime: 20 });
  redis.on("error", () => {}); // Connections are refused and retried until the server listens.
  const crashed = server.exited.then((reason) => Promise.reject(new Error(`The process ended: ${reason}`)));
  try {
    // The process id distinguishes this server from another one on the same port.
    const answered = waitFor("Redis answers", async () => processId(await redis.info("server")) === server.pid);
    await Promise.race([answered, crashed]);
  } finally {
    redis.disconnect();
  }
}

function processId(info: string): number {
  return Number(/^process_id:(\d+)/m.exec(info)?.[1]);
}
