import { z } from "zod";
import { backfillKey } from "../../redis/keys.ts";
import type { Cursor } from "../paging/iterate-all-users.ts";
import type { RedisClient } from "../../redis/redis-client.ts";

/** The stored form: `trail` is the cursor. */
const progressSchema = z
  .object({ trail: z.array(z.string()), startedAt: z.number(), read: z.number(), queued: z.number() })
  .transform(({ trail, ...progress }): BackfillProgress => ({ cursor: trail, ...progress }));

/** The progress of a backfill: Redis has stored the messages of all users up to the cursor. */
export interface BackfillProgress {
  readonly cursor: Cursor;
  /** In ms. */
  readonly startedAt: number;
  readonly read: number;
  readonly queued: number;
}

/** Stores the progress of a backfill, so that it continues after a crash. */
export interface ProgressStore {
  /** Undefined when no backfill is unfinished. */
  read(): Promise<BackfillProgress | undefined>;
  write(progress: BackfillProgress): Promise<void>;
  forget(): Promise<void>;
}

export function createProgressStore(redis: RedisClient, redisPrefix: string): ProgressStore {
  const key = backfillKey(redisPrefix);
  return {
    read: async () => {
      const stored = await redis.get(key);
      return stored === null ? undefined : progressSchema.parse(JSON.parse(stored));
    },
    write: async ({ cursor, ...progress }) =>
      void (await redis.set(key, JSON.stringify({ trail: cursor, ...progress }))),
    forget: async () => void (await redis.del(key)),
  };
}
