import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { countMisplaced } from "../kafka/consuming/find-misplaced.ts";
import type { EventLog } from "../kafka/open-event-log.ts";
import { createShardOf } from "../domain/shard-of.ts";
import type { ShardLayoutRecord } from "./shard-layout.ts";
import { planReshard, type ReshardPlan } from "./plan-reshard.ts";
import { splitMoves } from "./split-moves.ts";
import { type TakeDeps, withShards } from "./take-shards.ts";
import type { ShardLayout } from "./shard-layout.ts";

/** The steps at which the command may die without harm. */
export type ReshardStep = "announced" | "fenced" | "grown" | "taken" | "moved_some" | "moved";

export interface ReshardDeps extends TakeDeps {
  readonly shardLayout: ShardLayoutRecord;
  readonly eventLog: Pick<EventLog, "countPartitions" | "growTopics" | "findMisplaced">;
  /** The most states in one transaction. */
  readonly maxStates: number;
  /** Resolves when the events from before may be followed by those of the new shards. */
  readonly untilConsumed: () => Promise<void>;
  readonly signal: AbortSignal;
  readonly atStep: (step: ReshardStep) => Promise<void>;
  readonly onProgress: (moved: number, total: number) => void;
}

export type Resharded =
  | Exclude<ReshardPlan, { readonly outcome: "go" }>
  | { readonly outcome: "resharded"; readonly from: number; readonly moved: number };

const attempts = 5;
const pauseMs = 500;

/**
 * Changes the number of shards to `to`:
 *
 *     announced → owners fenced → partitions added → all shards taken → states moved → consumed → steady
 *
 * From the announcement on no worker owns a shard for long: it is fenced, and refused when it wants to own again. Nothing
 * depends on where an earlier run stopped: all shards are taken, and whatever lies in another partition than its user's is
 * moved. So after a crash, an error or Ctrl-C the same call goes on (docs/adr/0007).
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
 * With all shards in hand moves what lies wrong. A worker that asked for leave before the announcement may still fence one
 * of them; it is refused then, and we take the shards again.
 */
async function moveAll(deps: ReshardDeps, moving: ShardLayout, to: number): Promise<number> {
  let moved = 0;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await withShards(deps, to, async (publishers) => {
        await assertOurs(deps.shardLayout, moving);
        await deps.atStep("taken");
        const shardOf = createShardOf(to);
        const misplaced = await deps.eventLog.findMisplaced(shardOf, deps.signal);
        const total = moved + countMisplaced(misplaced);
        for (const [shard, states] of misplaced) {
          for (const piece of splitMoves(states, shardOf, deps.maxStates)) {
            deps.signal.throwIfAborted();
            await publishers[shard]?.move(piece);
            moved += piece.length;
            deps.onProgress(moved, total);
            await deps.atStep("moved_some");
          }
        }
        await deps.untilConsumed();
        // Whoever has fenced one of ours may have written what we did not see.
        for (const publisher of publishers) await publisher.prove();
      });
      return moved;
    } catch (error) {
      if (attempt === attempts || deps.signal.aborted) throw error;
      await assertOurs(deps.shardLayout, moving);
      await delay(pauseMs * attempt, undefined, { signal: deps.signal });
    }
  }
}
