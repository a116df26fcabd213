import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Random } from "clerk-emulator";
import { ledgerKey } from "../../../src/redis/keys.ts";
import { shardPrefix } from "../../../src/redis/keys.ts";
import type { Fault } from "./fault.ts";

export interface LedgerOfBridge {
  /** Not by the proxy. */
  readonly redis: Redis;
  readonly redisPrefix: string;
  readonly shards: number;
}

/** Losses in Redis that take no queued message with them, so that no message has to be sent again. */
export const ledgerFaults = ({ redis, redisPrefix, shards }: LedgerOfBridge, random: Random): Fault[] => {
  const ofSomeShard = () => ledgerKey(shardPrefix(redisPrefix, random.below(shards)));
  return [
    {
      kind: "ledger of a shard forgotten",
      inject: async () => void (await redis.del(ofSomeShard())),
    },
    {
      // As after a failover to a replica that lags behind.
      kind: "ledger of a shard rolled back",
      inject: async (holdMs) => {
        const key = ofSomeShard();
        const copy = await redis.dumpBuffer(key);
        await delay(holdMs);
        const back = redis.multi().del(key);
        if (copy !== null) back.restore(key, 0, copy);
        await back.exec();
      },
    },
  ];
};

/** Everything in Redis gone, with the messages that wait: only a reconciliation brings those back. */
export const redisWiped = (redis: Redis): Fault => ({
  kind: "Redis wiped",
  inject: async () => void (await redis.flushall()),
});
