import { z } from "zod";
import { loadScript } from "../redis/load-script.ts";
import type { RedisClient } from "../redis/redis-client.ts";

const shardCount = z.int().positive();

/**
 * By which number of shards the bridge works.
 *
 *     steady(from) ──announce──▶ moving(from, to) ──all is moved──▶ steady(to)
 *
 * While it is `moving` no worker owns a shard. `id` is the command's that moves: another one that takes over has another.
 */
const shardLayoutSchema = z.discriminatedUnion("phase", [
  z.object({ phase: z.literal("steady"), shards: shardCount }),
  z.object({ phase: z.literal("moving"), from: shardCount, to: shardCount, id: z.string() }),
]);
export type ShardLayout = z.infer<typeof shardLayoutSchema>;

/** Why a worker of so many shards may not own any; undefined when it may. */
export function workerShardCountError(shardLayout: ShardLayout, shards: number): string | undefined {
  switch (shardLayout.phase) {
    case "steady":
      return shardLayout.shards === shards ? undefined : otherNumber(shardLayout.shards, shards);
    case "moving":
      return `The change from ${shardLayout.from} to ${shardLayout.to} shards is not finished, and SHARDS is ${shards}. No worker runs meanwhile. To finish it: bridge reshard --to ${shardLayout.to}`;
  }
}

/**
 * Why an API of so many shards may not start; undefined when it may. During the change either number will do: a message
 * in the queue of a shard that is not its user's is passed on by the worker that takes it.
 */
export function apiShardCountError(shardLayout: ShardLayout, shards: number): string | undefined {
  switch (shardLayout.phase) {
    case "steady":
      return shardLayout.shards === shards ? undefined : otherNumber(shardLayout.shards, shards);
    case "moving":
      return [shardLayout.from, shardLayout.to].includes(shards)
        ? undefined
        : `SHARDS is ${shards}, and the number of shards is being changed from ${shardLayout.from} to ${shardLayout.to}. Set SHARDS=${shardLayout.to}.`;
  }
}

function otherNumber(there: number, shards: number): string {
  const more = shards > there ? `, or change the number of shards with: bridge reshard --to ${shards}` : ".";
  return `The bridge has ${there} shards and SHARDS is ${shards}. Set SHARDS=${there}${more}`;
}

/**
 * The shardLayout in Redis. It tells everybody at once; what it says can be proved from Kafka, so a Redis that lost it is no
 * harm. Every call throws while Redis is away.
 */
export interface ShardLayoutRecord {
  /** Undefined when there is none: before the first worker, or when Redis lost it. */
  read(): Promise<ShardLayout | undefined>;
  /** Puts `next` in the place of what the caller saw. False, and nothing is changed, when it is no longer that. */
  replace(seen: ShardLayout | undefined, next: ShardLayout): Promise<boolean>;
}

const replaceValue = loadScript(new URL("replace-value.lua", import.meta.url));

export function createShardLayoutRecord(redis: RedisClient, redisPrefix: string): ShardLayoutRecord {
  const key = `${redisPrefix}:shardLayout`;
  return {
    read: async () => {
      const stored = await redis.get(key);
      return stored === null ? undefined : shardLayoutSchema.parse(JSON.parse(stored));
    },
    replace: async (seen, next) =>
      (await replaceValue(redis, [key], [seen === undefined ? "" : write(seen), write(next)])) === 1,
  };
}

/** Fields in the schema's order, so that equal topologies are equal texts. */
const write = (shardLayout: ShardLayout): string => JSON.stringify(shardLayoutSchema.parse(shardLayout));
