import type { BackfillProgress, ProgressStore } from "./backfill-progress.ts";
import { type CompareDeps, readStates } from "../compare/compare-page.ts";
import { queueMissed, type QueueMissedDeps } from "../compare/queue-missed.ts";
import type { UserPageReader } from "../paging/user-page-reader.ts";
import { iterateAllUsers } from "../paging/iterate-all-users.ts";
import { writeSnapshot } from "../compare/write-message.ts";

export interface BackfillDeps extends CompareDeps, QueueMissedDeps {
  readonly readPage: UserPageReader;
  readonly progress: ProgressStore;
  readonly now: () => number;
  readonly onProgress: (progress: BackfillProgress) => void;
}

export interface BackfillOptions {
  /** Counts only: from the first user on, and nothing is queued or kept. */
  readonly dryRun: boolean;
  /** From the first user on, wherever an earlier backfill stopped. */
  readonly restart: boolean;
}

/**
 * Queues a message for every user of Clerk whom the ledger does not know, oldest first. Its place is kept only when Redis
 * holds the messages up to there: whoever starts it again after a crash skips nobody, and asks for a page twice at most.
 *
 * It may run beside webhooks, twice, or against a ledger that is not made yet: a user who is known after all gives no
 * event, since the owner of the shard decides.
 */
export async function backfill(deps: BackfillDeps, { dryRun, restart }: BackfillOptions): Promise<BackfillProgress> {
  const earlier = dryRun || restart ? undefined : await deps.progress.read();
  const startedAt = earlier?.startedAt ?? deps.now();
  let { read, queued, trail } = earlier ?? { read: 0, queued: 0, trail: [] };
  const place = (): BackfillProgress => ({ trail, startedAt, read, queued });
  deps.onProgress(place());
  for await (const page of iterateAllUsers(deps.readPage, trail)) {
    const { states } = await readStates(deps, page.users);
    const unknown = page.users.filter(({ id }) => !states.has(id));
    if (!dryRun) {
      await queueMissed(
        deps,
        unknown.map((user) => ({
          userId: user.id,
          message: writeSnapshot(user, "backfill", "user.created", page.readAt),
        })),
      );
    }
    read += page.users.length;
    queued += unknown.length;
    trail = page.trail;
    if (!dryRun) await deps.progress.write(place());
    deps.onProgress(place());
  }
  if (!dryRun) await deps.progress.forget();
  return place();
}
