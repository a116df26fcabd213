import { z } from "zod";
import { backfillKey } from "../../redis/keys.ts";
import type { Trail } from "../paging/iterate-all-users.ts";
import type { RedisClient } from "../../redis/redis-client.ts";

const progressSchema = z.object({
  trail: z.array(z.string()),
  /** When it was begun, ms. */
  startedAt: z.number(),
  read: z.number(),
  queued: z.number(),
});

/** How far a backfill is: Redis holds the messages of all users up to here. */
export interface BackfillProgress extends Omit<z.infer<typeof progressSchema>, "trail"> {
  readonly trail: Trail;
}

/** Where the backfill keeps its place, so that after a crash it goes on and does not start over. */
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
    write: async (progress) => void (await redis.set(key, JSON.stringify(progress))),
    forget: async () => void (await redis.del(key)),
  };
}
