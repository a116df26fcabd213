import { userIdOf } from "../../src/domain/change.ts";
import { type Candidate, type Decided, decideBatch } from "../../src/domain/decide-batch.ts";
import type { Message } from "../../src/domain/message.ts";
import type { LedgerConflict } from "../../src/ledger/shard-ledger.ts";
import type { ClaimedJob } from "../../src/queue/shard-jobs.ts";
import type { OwnedShard, ShardContext } from "../context/shard-context.ts";
import { readBatch, toDeadLetter } from "./read-batch.ts";
import { reportBatch } from "./report-batch.ts";
import { verifyStaleUsers } from "./verify-stale-users.ts";
import { type BatchTrace, traceBatch } from "./trace-batch.ts";
import { type Write, writeBatch, writesOf } from "./write-batch.ts";
import { traceIdOf } from "../../src/shared/tracing.ts";
import { repeatsKnownForMs } from "../../src/analytics/analytics-keys.ts";
import { type Registration, countRegistrations } from "../../src/analytics/count-events.ts";
import { invalidateUsers } from "../../src/cache/shared-cache.ts";

/**
 * `done`, with the jobs claimed while this batch's jobs were completed. `superseded` and `lost`: the ledger refused this
 * owner (see {@link LedgerConflict}), and the batch may be committed or not.
 */
type BatchOutcome = { readonly outcome: "done"; readonly next: readonly ClaimedJob[] } | LedgerConflict;

/** How long a message waits that needs an answer from Clerk while Clerk is unavailable. */
const deferredForMs = 30_000;

/**
 * Turns a batch of jobs into events, exactly once:
 *
 *     taken → states read → decided → [ sent → committed ] → applied to the ledger, jobs completed
 *
 * The last two run at the same time, because each depends on the commit alone. If the ledger refuses, the jobs are
 * completed all the same: the owner that claimed it finds the commit in Kafka.
 *
 * A process that dies before the commit leaves nothing behind, because the next owner's fence aborts the transaction. A
 * process that dies after the commit leaves it in Kafka, where the next owner finds it: the changes of the jobs are then
 * duplicates. Any error from the first write on leaves the outcome unknown, so the caller drops the shard and does not
 * guess.
 *
 * `room` returns how many messages may be claimed when the jobs are done.
 */
export async function processBatch(
  context: ShardContext,
  owned: OwnedShard,
  jobs: readonly ClaimedJob[],
  room: () => number,
): Promise<BatchOutcome> {
  const { now, atStep, shardOf, eventFields } = context;
  const startedAt = now();
  await atStep("taken");
  const batch = readBatch(jobs, { shard: owned.shard, shardOf, eventFields, at: startedAt });
  const partial = batch.own.filter(({ change }) => change.kind === "snapshot" && change.isPartial).length;
  if (partial > 0) {
    context.log.warn(
      { event: "batch.partial_messages", shard: owned.shard, messages: partial },
      "Messages lack fields of EVENT_FIELDS, so Clerk is asked for their users; the API, the worker and the CLI need the same list",
    );
  }
  const read = await owned.ledger.read(owned.claimed, [...new Set(batch.own.map(({ change }) => userIdOf(change)))]);
  if (read.outcome !== "read") return read;
  await atStep("states_read");
  const policy = { verifyBefore: startedAt - context.staleUsers.checkAfterMs, now: startedAt };
  const { candidates, stale, deferred, undecidable } = await verifyStaleUsers(batch.own, read.states, {
    policy,
    readUser: context.readUser,
    eventFields,
    giveUpBefore: startedAt - context.staleUsers.giveUpAfterMs,
  });
  const deadLetters = [
    ...batch.malformed,
    ...undecidable.map(({ message, reason }) => toDeadLetter(message, reason, startedAt)),
  ];
  const decided = decideBatch(read.states, candidates, policy);
  await atStep("decided");

  // Concurrent with the transaction, and finished before the jobs are: a batch that dies in between is repeated.
  const sideEffects = runBatchSideEffects(context, decided);
  const traced = traceBatch(owned.shard, decided, startedAt);
  const writes = traced.addTo(writesOf(decided));
  const written = await writeTraced(context, owned, writes, traced);
  if (written.outcome !== "written") return written;
  const completeAndClaim = async () => {
    await Promise.all(deadLetters.map((letter) => context.deadLetters.store(letter)));
    await forwardMisrouted(batch.misrouted, context.shardOf, context.queues.requeue);
    if (deferred.length > 0) await owned.jobs.delay(deferred, deferredForMs);
    await sideEffects;
    await atStep("applied");
    return owned.jobs.completeAndClaim(jobs, room());
  };
  const [applied, next] = await Promise.all([written.applied, completeAndClaim()]);
  if (applied.outcome !== "applied") {
    await owned.jobs.release(next);
    return applied;
  }
  await atStep("completed");
  reportBatch(context, {
    shard: owned.shard,
    jobs: jobs.length,
    decided,
    events: writes.flatMap(({ event }) => event ?? []),
    deadLetters,
    stale,
    deferred,
    forwarded: batch.misrouted,
    offset: owned.claimed.offset,
    startedAt,
    transactionMs: written.transactionMs,
    traceId: traceIdOf(traced.span),
  });
  return { outcome: "done", next };
}

/** Like `writeBatch`, and ends the batch's spans, also when it throws. */
async function writeTraced(context: ShardContext, owned: OwnedShard, writes: readonly Write[], traced: BatchTrace) {
  try {
    const written = await writeBatch(context, owned, writes);
    traced.end(written.outcome === "written" ? written : { error: written.outcome });
    return written;
  } catch (error) {
    traced.end({ error });
    throw error;
  }
}

/**
 * Puts misrouted messages into the queues of their users' shards. Resolves when Redis holds them; their jobs must not
 * complete before. A crash in between forwards them again, which is harmless.
 *
 * `requeue` must not take a message for a redelivery because of its id: the target may have finished a job of that id when it
 * forwarded the same message under another number of shards, and the message would be lost.
 */
export async function forwardMisrouted(
  misrouted: readonly Candidate[],
  shardOf: (userId: string) => number,
  requeue: (shard: number, message: Message) => Promise<void>,
): Promise<void> {
  await Promise.all(misrouted.map(({ change, message }) => requeue(shardOf(userIdOf(change)), message)));
}

/**
 * Invalidates the cached users of a batch and counts its registrations, in one round trip. Never rejects: a failure is
 * counted and logged, and does not fail the batch.
 *
 * Clerk already has the changes, so nothing here waits for the commit. It covers all decisions instead of only those that
 * write: a batch that a crash repeats decides duplicates, and the crash may have come before these side effects.
 */
async function runBatchSideEffects(context: ShardContext, decided: readonly Decided[]): Promise<void> {
  const { redis, redisPrefix, cache, analytics, metrics, log, now } = context;
  const userIds = [...new Set(decided.map(({ change }) => userIdOf(change)))];
  const invalidated = cache.ttlMs === 0 ? undefined : invalidateUsers(redis, redisPrefix, userIds);
  const registrations = registrationsOf(decided, now());
  const counted = countRegistrations({ redis, redisPrefix, config: analytics, now }, registrations);
  for (const result of await Promise.allSettled([invalidated, counted])) {
    if (result.status === "fulfilled") continue;
    metrics.sideEffectsFailed.inc();
    log.warn({ event: "batch.side_effects_failed", err: result.reason }, "Cache or analytics missed a batch");
  }
}

/**
 * The users to count as registered: those seen for the first time, and those created so recently that a second count would
 * be recognized. So a crash loses none of the new users, and no user counts twice. A restored user has registered before.
 */
function registrationsOf(decided: readonly Decided[], now: number): Registration[] {
  const registrations = new Map<string, Registration>();
  for (const { change, decision } of decided) {
    if (change.kind === "deletion") continue;
    const { user, createdAt, source } = change;
    if (source === "restore") continue;
    const isFirstSeen = decision.outcome === "publish" && decision.event.eventType === "user.created";
    if (registrations.has(user.id) || (!isFirstSeen && createdAt <= now - repeatsKnownForMs)) continue;
    registrations.set(user.id, { userId: user.id, createdAt, source });
  }
  return [...registrations.values()];
}
