import type { Coverage } from "../coverage.ts";
import type { ComparisonContext } from "../reconciliation-context.ts";
import { readStates } from "../compare/compare-page.ts";
import { queueMissed, writeSnapshot } from "../compare/queue-missed.ts";
import { type Cursor, iterateAllUsers } from "../paging/iterate-users.ts";
import { z } from "zod";
import { backfillKey } from "../../redis/keys.ts";
import type { RedisClient } from "../../redis/redis-client.ts";

export interface BackfillContext extends ComparisonContext {
  readonly progress: ProgressStore;
  readonly coverage: Pick<Coverage, "markFull">;
  readonly onProgress: (progress: BackfillProgress) => void;
}

export interface BackfillOptions {
  /** Counts all users, and queues and stores nothing. */
  readonly dryRun: boolean;
  /** Starts with the first user, not where an earlier backfill stopped. */
  readonly restart: boolean;
}

/**
 * Queues a message for every user of Clerk that the ledger does not know, oldest first. The cursor is stored only after Redis has stored
 * the messages up to it, so a backfill that is started again after a crash skips no user and reads at most one page twice.
 *
 * It may run beside webhooks, twice, or against an incomplete ledger: a user that is known after all causes no event, because the owner
 * of the shard decides.
 */
export async function backfill(
  context: BackfillContext,
  { dryRun, restart }: BackfillOptions,
): Promise<BackfillProgress> {
  const earlier = dryRun || restart ? undefined : await context.progress.read();
  const startedAt = earlier?.startedAt ?? context.now();
  let { read, queued, cursor } = earlier ?? { read: 0, queued: 0, cursor: [] };
  const place = (): BackfillProgress => ({ cursor, startedAt, read, queued });
  context.onProgress(place());
  for await (const page of iterateAllUsers(context.readPage, cursor)) {
    const { states } = await readStates(context, page.users, (error) => {
      throw error;
    });
    const unknown = page.users.filter(({ id }) => !states.has(id));
    if (!dryRun) {
      await queueMissed(
        context,
        unknown.map((user) => ({
          userId: user.id,
          message: writeSnapshot(user, "backfill", "user.created", page.readAt),
        })),
      );
    }
    read += page.users.length;
    queued += unknown.length;
    cursor = page.cursor;
    if (!dryRun) await context.progress.write(place());
    context.onProgress(place());
  }
  if (!dryRun) {
    await context.coverage.markFull(startedAt);
    await context.progress.forget();
  }
  return place();
}

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
