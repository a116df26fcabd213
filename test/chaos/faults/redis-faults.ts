import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Random } from "clerk-emulator";
import { ledgerKey, shardPrefix } from "../../../src/redis/keys.ts";
import type { Fault } from "./fault.ts";

export interface BridgeInRedis {
  /** Connected directly, without the proxy. */
  readonly redis: Redis;
  readonly redisPrefix: string;
  readonly shards: number;
}

/** Losses in Redis that lose no queued message, so that no message has to be sent again. */
export const ledgerFaults = ({ redis, redisPrefix, shards }: BridgeInRedis, random: Random): Fault[] => {
  const randomLedger = () => ledgerKey(shardPrefix(redisPrefix, random.below(shards)));
  return [
    {
      kind: "ledger of a shard lost",
      inject: async () => void (await redis.del(randomLedger())),
    },
    {
      kind: "field of a ledger lost",
      inject: async () => {
        const key = randomLedger();
        const field = await redis.hrandfield(key);
        if (typeof field === "string") await redis.hdel(key, field);
      },
    },
    {
      // As after a failover to a replica that lags behind.
      kind: "ledger of a shard rolled back",
      inject: async (holdMs) => {
        const key = randomLedger();
        const copy = await redis.dumpBuffer(key);
        await delay(holdMs);
        const back = redis.multi().del(key);
        if (copy !== null) back.restore(key, 0, copy);
        await back.exec();
      },
    },
  ];
};

const unusedPort = 1;

/** Redis answers, and refuses what the bridge asks for. */
export const refusalFaults = (redis: Redis): Fault[] => [
  {
    // Every command that needs memory is refused with OOM.
    kind: "Redis full",
    inject: async (holdMs) => {
      await redis.config("SET", "maxmemory", "1");
      await delay(holdMs);
      await redis.config("SET", "maxmemory", "0");
    },
  },
  {
    // As the old server after a failover behind the same address: every write is refused with READONLY.
    kind: "Redis read-only",
    inject: async (holdMs) => {
      await redis.replicaof("127.0.0.1", unusedPort);
      await delay(holdMs);
      await redis.replicaof("NO", "ONE");
    },
  },
];

/** Redis loses everything, including the waiting messages. Only a reconciliation finds their changes. */
export const redisWiped = (redis: Redis): Fault => ({
  kind: "Redis wiped",
  inject: async () => void (await redis.flushall()),
});
