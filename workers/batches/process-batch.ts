import type { UserReader } from "../../src/clerk/users/user-reader.ts";
import { userIdOf } from "../../src/domain/change.ts";
import type { Decision, DecisionPolicy } from "../../src/domain/decide.ts";
import { type Decided, decideBatch } from "../../src/domain/decide-batch.ts";
import type { EventRecord } from "../../src/kafka/records/records.ts";
import type { Logger } from "../../src/shared/logger.ts";
import type { BatchMetrics } from "./batch-metrics.ts";
import type { DeadLetters } from "../../src/queue/dead-letters.ts";
import type { Message } from "../../src/domain/message.ts";
import type { ClaimedJob } from "../../src/queue/shard-jobs.ts";
import type { BatchSideEffects } from "./batch-side-effects.ts";
import { findMisrouted, forward, type ForwardDeps } from "./forward-misrouted.ts";
import type { LedgerApplied, LedgerConflict } from "../../src/ledger/shard-ledger.ts";
import type { OwnedShard } from "./owned-shard.ts";
import { parseBatch } from "./parse-batch.ts";
import { reportBatch } from "./report-batch.ts";
import { verifyStaleUsers } from "./verify-stale-users.ts";
import { type BatchPart, type Move, splitBatch } from "./split-batch.ts";

export interface BatchDeps extends ForwardDeps {
  readonly policy: () => DecisionPolicy;
  readonly readUser: UserReader;
  readonly deadLetters: Pick<DeadLetters, "store">;
  readonly runSideEffects: BatchSideEffects;
  readonly metrics: BatchMetrics;
  readonly log: Logger;
  readonly now: () => number;
  readonly atStep: AtStep;
}

/**
 * `done`, with the jobs taken while completing these. `superseded` and `lost`: the ledger refused this owner (see its
 * `LedgerConflict`); the batch may be committed or not.
 */
export type BatchOutcome = { readonly outcome: "done"; readonly next: readonly ClaimedJob[] } | LedgerConflict;

const askClerkAgainMs = 30_000;

/**
 * Turns the jobs in hand into events, once:
 *
 *     taken → states read → decided → [ sent → committed ] → applied to the ledger, jobs completed
 *
 * The last two go to Redis one behind the other, without waiting: each only follows from the commit. Should the ledger
 * refuse, the jobs are complete all the same, as whoever claimed it finds the commit in Kafka.
 *
 * A process that dies before the commit leaves nothing behind: the transaction is aborted when the next owner fences. One
 * that dies after it leaves the commit: the next owner finds it in Kafka, and the jobs' changes are duplicates then. Any
 * error from the first write on leaves the outcome unknown; the caller drops the shard and does not guess.
 *
 * `room` says, when the jobs are done, how many messages may be taken next.
 */
export async function processBatch(
  deps: BatchDeps,
  owned: OwnedShard,
  jobs: readonly ClaimedJob[],
  room: () => number,
): Promise<BatchOutcome> {
  const { now, atStep } = deps;
  const startedAt = now();
  await atStep("taken");
  const batch = parseBatch(jobs, startedAt);
  const { own, misrouted } = findMisrouted(batch.candidates, owned.shard, deps.shardOf);
  const read = await owned.ledger.read(owned.claimed, [...new Set(own.map(({ change }) => userIdOf(change)))]);
  if (read.outcome !== "read") return read;
  const policy = deps.policy();
  const resolved = await verifyStaleUsers(own, read.states, policy, deps.readUser);
  const { decided } = decideBatch(read.states, resolved.candidates, policy);
  await atStep("decided");

  // Beside the transaction, and done before the jobs are: a batch that dies in between is repeated, and this with it.
  const followedUp = deps.runSideEffects(decided);
  const moves = decided.flatMap(movesOf);
  let transactionMs = 0;
  let applying: Promise<LedgerApplied> | undefined;
  for (const part of splitBatch(moves)) {
    const applied = await applying;
    if (applied !== undefined && applied.outcome !== "applied") return applied;
    const sentAt = now();
    const first = await owned.publisher.publish(part);
    transactionMs += now() - sentAt;
    await atStep("committed");
    applying = applyCommitted(owned, part, first);
  }
  const completeAndClaim = async () => {
    await Promise.all(batch.malformed.map((letter) => deps.deadLetters.store(letter)));
    await forward(deps, misrouted);
    if (resolved.deferred.length > 0) await owned.jobs.delay(resolved.deferred, askClerkAgainMs);
    await followedUp;
    await atStep("applied");
    return owned.jobs.completeAndClaim(jobs, room());
  };
  const [applied, next] = await Promise.all([applying, completeAndClaim()]);
  if (applied !== undefined && applied.outcome !== "applied") {
    await owned.jobs.release(next);
    return applied;
  }
  await atStep("completed");
  reportBatch(deps, {
    shard: owned.shard,
    jobs: jobs.length,
    decided,
    events: moves.flatMap(({ event }) => event ?? []),
    deadLettered: batch.malformed,
    ghosts: resolved.ghosts.length,
    deferred: resolved.deferred.length,
    forwarded: misrouted.length,
    offset: owned.claimed.offset,
    startedAt,
    transactionMs,
  });
  return { outcome: "done", next };
}

async function applyCommitted(owned: OwnedShard, { states }: BatchPart, firstOffset: bigint): Promise<LedgerApplied> {
  const placed = states.map(({ userId, state }, index) => ({ userId, state, offset: firstOffset + BigInt(index) }));
  const checkpoint = firstOffset + BigInt(placed.length);
  const result = await owned.ledger.apply(owned.claimed, checkpoint, placed);
  if (result.outcome === "applied") owned.claimed = { ...owned.claimed, offset: checkpoint };
  return result;
}

const movesOf = ({ candidate, decision }: Decided<Message>): Move[] =>
  "next" in decision
    ? [{ userId: userIdOf(candidate.change), state: decision.next, event: eventOf(candidate.tag, decision) }]
    : [];

const eventOf = (message: Message, decision: Decision): EventRecord | undefined =>
  decision.outcome === "publish"
    ? {
        event: decision.event,
        origin: decision.origin,
        sequence: decision.next.sequence,
        svixId: message.source === "webhook" ? message.id : undefined,
        traceparent: message.traceparent,
      }
    : undefined;

/**
 * The steps of a batch at which a process may die without harm. A test stops the worker at one of them; in production
 * nothing listens.
 */
export type Step = "taken" | "decided" | "sent" | "committed" | "applied" | "completed";

/** EnvelopeTimes when a step is reached; the batch goes on when the promise resolves. */
export type AtStep = (step: Step) => Promise<void>;
