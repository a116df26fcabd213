import { shardLayoutKey } from "../redis/keys.ts";
import { z } from "zod";
import { loadScript, type RedisClient, waitForRedis } from "../redis/redis-client.ts";
import { StartUpError } from "../shared/errors.ts";

const shardCount = z.int().positive();

/**
 * The number of shards of the bridge, and a change of it.
 *
 *     steady(from) ──announce──▶ moving(from, to) ──all states moved──▶ steady(to)
 *
 * While the layout is `moving` no worker owns a shard. `id` names the command that moves: a command that takes over has
 * another id.
 */
const shardLayoutSchema = z.discriminatedUnion("phase", [
  z.object({ phase: z.literal("steady"), shards: shardCount }),
  z.object({ phase: z.literal("moving"), from: shardCount, to: shardCount, id: z.string() }),
]);
export type ShardLayout = z.infer<typeof shardLayoutSchema>;

/** Why a worker with this number of shards may not own any; undefined when it may. */
export function workerShardCountError(shardLayout: ShardLayout, shards: number): string | undefined {
  switch (shardLayout.phase) {
    case "steady":
      return shardLayout.shards === shards ? undefined : otherNumber(shardLayout.shards, shards);
    case "moving":
      return `The change from ${shardLayout.from} to ${shardLayout.to} shards is not finished, and SHARDS is ${shards}. No worker runs until then. To finish it: bridge reshard --to ${shardLayout.to}`;
  }
}

/**
 * Why an API with this number of shards may not start; undefined when it may. During a change both numbers are accepted: a worker
 * forwards a message that it finds in the queue of the wrong shard.
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
 * The layout in Redis, which all processes read. It can be derived from Kafka, so its loss does no harm. Every call throws while
 * Redis is unavailable.
 */
export interface ShardLayoutRecord {
  /** Undefined when there is none: before the first worker, or when Redis lost it. */
  read(): Promise<ShardLayout | undefined>;
  /** Replaces the layout that the caller saw by `next`. False, with no change, when the layout is another one by now. */
  replace(seen: ShardLayout | undefined, next: ShardLayout): Promise<boolean>;
}

const replaceValue = loadScript(new URL("replace-value.lua", import.meta.url));

export function createShardLayoutRecord(redis: RedisClient, redisPrefix: string): ShardLayoutRecord {
  const key = shardLayoutKey(redisPrefix);
  return {
    read: async () => {
      const stored = await redis.get(key);
      return stored === null ? undefined : shardLayoutSchema.parse(JSON.parse(stored));
    },
    replace: async (seen, next) =>
      (await replaceValue(redis, [key], [seen === undefined ? "" : write(seen), write(next)])) === 1,
  };
}

/** Writes the fields in the schema's order, so that equal layouts are equal texts. */
const write = (shardLayout: ShardLayout): string => JSON.stringify(shardLayoutSchema.parse(shardLayout));

export interface ExpectedShardCount {
  readonly redis: RedisClient;
  readonly redisPrefix: string;
  readonly shards: number;
  /** The error of a process with another number of shards. */
  readonly shardCountError: (shardLayout: ShardLayout, shards: number) => string | undefined;
}

/** Whether the bridge has this process's number of shards: `true` or the error. `true` also while Redis is unavailable. */
export async function checkShardCount({
  redis,
  redisPrefix,
  shards,
  shardCountError,
}: ExpectedShardCount): Promise<true | string> {
  try {
    const shardLayout = await createShardLayoutRecord(redis, redisPrefix).read();
    return (shardLayout && shardCountError(shardLayout, shards)) ?? true;
  } catch {
    return true;
  }
}

/**
 * Throws a {@link StartUpError} when the bridge has another number of shards. Waits for Redis for at most `waitMs`: the check tells
 * the operator early, and nothing depends on it.
 */
export async function assertShardCount(own: ExpectedShardCount, waitMs: number): Promise<void> {
  await waitForRedis(own.redis, waitMs);
  const checked = await checkShardCount(own);
  if (checked !== true) throw new StartUpError(checked);
}
