/// <reference lib="esnext.disposable" />
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createFreshFolder } from "../../../dev/stack/folders.ts";
import { findFreePort } from "../../../dev/stack/free-port.ts";
import { spawnTied } from "../../../dev/stack/spawn-tied.ts";
import { type RedisServer, startRedis } from "../../../dev/stack/start-redis.ts";
import { queryRedis } from "./query-redis.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

/** A master, a replica, and a Sentinel that promotes the replica when the master is down for half a second. */
export interface RedisSentinel extends AsyncDisposable {
  /** The value for REDIS_URL. */
  readonly redisUrl: string;
  /** SIGKILL; resolves when the master has exited. */
  killMaster(): Promise<void>;
  /** SIGSTOP: the master does nothing, and its connections stay open. */
  freezeMaster(): void;
  /** Has the Sentinel make the replica the master. Resolves when the old master is a replica. */
  demoteMaster(): Promise<void>;
  /** Stops the replication: a failover loses everything that the master acknowledges from now on. */
  stopReplication(): Promise<void>;
}

const masterName = "the-master";
const fastReplication = { "repl-diskless-sync-delay": "0", "repl-ping-replica-period": "1" };

export async function startRedisSentinel(): Promise<RedisSentinel> {
  await using resources = new AsyncDisposableStack();
  const folder = await createFreshFolder();
  resources.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const start = async (dir: string, port: number, settings: Record<string, string> = {}) => {
    const server = await startRedis({ dir: join(folder, dir), port, settings: { ...fastReplication, ...settings } });
    resources.defer(() => server.kill());
    return server;
  };
  const first = await start("first", await findFreePort());
  await queryRedis(first.port, (redis) =>
    redis.acl("SETUSER", "replica", "on", ">secret", "+psync", "+replconf", "+ping"),
  );
  const second = await start("second", await findFreePort(), {
    replicaof: `127.0.0.1 ${first.port}`,
    masteruser: "replica",
    masterauth: "secret",
  });
  await waitUntilReplicating(second);

  const port = await findFreePort();
  const dir = join(folder, "sentinel");
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "sentinel.conf"), sentinelSettings(port, dir, first.port));
  const sentinel = spawnTied("redis-server", [join(dir, "sentinel.conf"), "--sentinel"], {
    logFile: join(dir, "sentinel.log"),
  });
  resources.defer(() => sentinel.kill());
  await waitFor("the Sentinel knows the replica", () =>
    queryRedis(port, async (redis) =>
      JSON.stringify(await redis.call("SENTINEL", "REPLICAS", masterName)).includes("slave"),
    ),
  );

  const owned = resources.move();
  return {
    redisUrl: `redis+sentinel://127.0.0.1:${port}/${masterName}`,
    killMaster: () => first.kill(),
    freezeMaster: () => void process.kill(first.pid, "SIGSTOP"),
    demoteMaster: () => queryRedis(port, async (redis) => void (await redis.call("SENTINEL", "FAILOVER", masterName))),
    stopReplication: () =>
      queryRedis(first.port, async (redis) => {
        await redis.acl("SETUSER", "replica", "off");
        await redis.call("CLIENT", "KILL", "TYPE", "replica");
      }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

const sentinelSettings = (port: number, dir: string, master: number) =>
  [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${dir}`,
    `sentinel monitor ${masterName} 127.0.0.1 ${master} 1`,
    `sentinel down-after-milliseconds ${masterName} 500`,
    `sentinel failover-timeout ${masterName} 2000`,
  ].join("\n");

const waitUntilReplicating = ({ port }: RedisServer) =>
  waitFor("the replica replicates", () =>
    queryRedis(port, async (redis) => (await redis.info("replication")).includes("master_link_status:up")),
  );
