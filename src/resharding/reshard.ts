import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { EventLog } from "../kafka/open-event-log.ts";
import { createShardOf } from "../domain/shard-of.ts";
import type { ShardLayout, ShardLayoutRecord } from "./shard-layout.ts";
import { type ReshardPlan, planReshard, splitMovedStates } from "./plan-reshard.ts";
import type { ShardPublisher } from "../kafka/publishing/shard-publisher.ts";
import { FencedError } from "../kafka/publishing/transaction-writer.ts";
import type { ShardLedger } from "../ledger/shard-ledger.ts";

/** The steps at which the command can crash without harm. */
export type ReshardStep = "announced" | "fenced" | "grown" | "taken" | "moved_some" | "moved";

export interface ReshardDeps extends TakeShardsDeps {
  readonly shardLayout: ShardLayoutRecord;
  readonly eventLog: Pick<EventLog, "countPartitions" | "growTopics" | "findMisplaced">;
  /** Maximum number of states in one transaction. */
  readonly maxStates: number;
  /** Resolves when consumers have read the events so far, so that events of the new shards may follow. */
  readonly untilConsumed: () => Promise<void>;
  readonly signal: AbortSignal;
  readonly atStep: (step: ReshardStep) => Promise<void>;
  readonly onProgress: (moved: number, total: number) => void;
}

export type Resharded =
  | Exclude<ReshardPlan, { readonly outcome: "go" }>
  | { readonly outcome: "resharded"; readonly from: number; readonly moved: number };

const maxAttempts = 5;
const retryDelayMs = 500;

/**
 * Changes the number of shards to `to`:
 *
 *     announced → owners fenced → partitions added → all shards taken → states moved → consumed → steady
 *
 * After the announcement no worker owns a shard for long: it is fenced, and refused when it tries to own a shard again. Nothing
 * depends on where an earlier run stopped: the command takes all shards and moves every state that is not in its user's
 * partition. After a crash, an error or Ctrl-C the same command therefore continues (ADR 7).
 */
export async function reshard(deps: ReshardDeps, to: number): Promise<Resharded> {
  const { shardLayout, eventLog, atStep } = deps;
  const seen = await shardLayout.read();
  const plan = planReshard(seen, await eventLog.countPartitions(), to);
  if (plan.outcome !== "go") return plan;
  const moving: ShardLayout = { phase: "moving", from: plan.from, to, id: randomUUID() };
  if (!(await shardLayout.replace(seen, moving))) throw new Error(takenOver);
  await atStep("announced");
  await withShards(deps, plan.partitions, () => atStep("fenced"));
  await assertOurs(shardLayout, moving);
  await eventLog.growTopics(to);
  await atStep("grown");
  const moved = await moveAll(deps, moving, to);
  await atStep("moved");
  const steady: ShardLayout = { phase: "steady", shards: to };
  if (!(await shardLayout.replace(moving, steady))) throw new Error(takenOver);
  return { outcome: "resharded", from: plan.from, moved };
}

const takenOver =
  "Another reshard command has taken over, or Redis has lost its data. Run the command again when no other runs.";

async function assertOurs(shardLayout: ShardLayoutRecord, moving: ShardLayout): Promise<void> {
  const found = await shardLayout.read();
  if (found?.phase !== "moving" || moving.phase !== "moving" || found.id !== moving.id) throw new Error(takenOver);
}

/**
 * Takes all shards and moves the misplaced states. A worker whose ownership was confirmed before the announcement can still fence
 * one of the shards; this function then takes all of them again.
 */
async function moveAll(deps: ReshardDeps, moving: ShardLayout, to: number): Promise<number> {
  let moved = 0;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await withShards(deps, to, async (publishers) => {
        await assertOurs(deps.shardLayout, moving);
        await deps.atStep("taken");
        const shardOf = createShardOf(to);
        await using misplaced = await deps.eventLog.findMisplaced(shardOf, deps.signal);
        const total = moved + (await misplaced.count());
        for await (const group of misplaced.groups()) {
          for (const [shard, states] of group) {
            for (const piece of splitMovedStates(states, shardOf, deps.maxStates)) {
              deps.signal.throwIfAborted();
              await publishers[shard]?.move(piece);
              moved += piece.length;
              deps.onProgress(moved, total);
              await deps.atStep("moved_some");
            }
          }
        }
        await deps.untilConsumed();
        // A worker that has fenced one of our shards may have written states that we did not see.
        for (const publisher of publishers) await publisher.assertOwner();
      });
      return moved;
    } catch (error) {
      if (attempt === maxAttempts || deps.signal.aborted) throw error;
      await assertOurs(deps.shardLayout, moving);
      await delay(retryDelayMs * attempt, undefined, { signal: deps.signal });
    }
  }
}

interface TakeShardsDeps {
  /** Creates a publisher that moves states among this number of shards. */
  readonly openPublisher: (shard: number, movesAmong: number) => Promise<ShardPublisher>;
  readonly createShardLedger: (shard: number) => ShardLedger;
  readonly cluster: string;
}

/**
 * Takes a shard from its owner, as the next owner does: fences it in Kafka and claims its ledger. The ledger stays empty with a
 * claim that Kafka knows, so that the next owner rebuilds it from Kafka and does not count it as lost. Throws
 * {@link FencedError} when another owner claims the ledger in between.
 */
async function takeShard({ openPublisher, createShardLedger, cluster }: TakeShardsDeps, shard: number, count: number) {
  const publisher = await openPublisher(shard, count);
  try {
    const ledger = createShardLedger(shard);
    const { offset: barrier, id: barrierId } = publisher.barrier;
    if (await ledger.claim(await ledger.inspect(), { barrier, barrierId, cluster }, "rebuild")) return publisher;
    throw new FencedError("another owner has claimed the ledger");
  } catch (error) {
    await publisher.close();
    throw error;
  }
}

/** Takes the shards 0 to `count` - 1, runs `work` with their publishers and closes the publishers in any case. */
async function withShards<T>(
  deps: TakeShardsDeps,
  count: number,
  work: (publishers: readonly ShardPublisher[]) => Promise<T>,
): Promise<T> {
  const publishers: ShardPublisher[] = [];
  try {
    for (let shard = 0; shard < count; shard += 1) publishers.push(await takeShard(deps, shard, count));
    return await work(publishers);
  } finally {
    await Promise.allSettled(publishers.map((publisher) => publisher.close()));
  }
}
