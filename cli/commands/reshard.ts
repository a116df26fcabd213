import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { countMisplaced } from "../../src/kafka/consuming/find-misplaced.ts";
import { createShardOf } from "../../src/domain/shard-of.ts";
import { createShardLayoutRecord } from "../../src/resharding/shard-layout.ts";
import { planReshard } from "../../src/resharding/plan-reshard.ts";
import { reshard } from "../../src/resharding/reshard.ts";
import type { Bridge } from "../context/cli-context.ts";
import { openResharding } from "../context/create-resharding.ts";
import { exitCodes, type ExitCode, print, runCommand } from "../context/run-command.ts";
import { type ProgressDisplay, showProgress } from "../context/show-progress.ts";

interface ReshardOptions {
  readonly to: string;
  readonly dryRun?: true;
  readonly waitForGroup: readonly string[];
}

/** `bridge reshard`: another number of shards, without breaking the order of any user's events. */
export function addReshardCommand(program: Command): void {
  program
    .command("reshard")
    .description(
      "change the number of shards; stops the workers, moves the states; the same command goes on after a crash",
    )
    .requiredOption("--to <n>", "the new number, more than there are")
    .option("--wait-for-group <id...>", "go on only when this consumer group has read all events of the old shards", [])
    .option("--dry-run", "print what would be done")
    .action((options: ReshardOptions) =>
      runCommand(async (bridge) => {
        const to = Number(options.to);
        if (!Number.isInteger(to) || to < 1) throw new Error(`--to ${options.to}: not a number of shards.`);
        return options.dryRun ? printPlan(bridge, to, options.waitForGroup) : run(bridge, to, options.waitForGroup);
      }),
    );
}

async function printPlan({ config, redis, eventLog, signal }: Bridge, to: number, groups: readonly string[]) {
  const shardLayout = await createShardLayoutRecord(redis, config.redis.prefix).read();
  const counts = await eventLog.countPartitions();
  const plan = planReshard(shardLayout, counts, to);
  if (plan.outcome !== "go") return say(plan);
  const users = countMisplaced(await eventLog.findMisplaced(createShardOf(to), signal));
  const { eventsTopic, stateTopic } = config.kafka;
  print(`${plan.resumed ? "goes on from" : "from"} ${plan.from} to ${to} shards`);
  print(`1. no worker owns a shard any more: the ${plan.partitions} there are get fenced, running workers end`);
  print(`2. ${eventsTopic}: ${counts.events} → ${to} partitions; ${stateTopic}: ${counts.states} → ${to} partitions`);
  print(`3. the states of ${users} users move to their new partitions`);
  if (groups.length > 0) {
    const last = await eventLog.findLastEvents(signal);
    for (const group of groups) print(`4. waits for ${group}: ${await eventLog.groupLag(group, last)} offsets to read`);
  }
  print(`then start the API and the workers with SHARDS=${to}`);
  return exitCodes.ok;
}

async function run(bridge: Bridge, to: number, groups: readonly string[]): Promise<ExitCode> {
  let display: ProgressDisplay | undefined;
  const { shardLayout, ...deps } = await openResharding(bridge);
  try {
    const outcome = await reshard(
      {
        ...deps,
        shardLayout,
        untilConsumed: () => untilConsumed(bridge, groups),
        atStep: async () => {},
        onProgress: (moved, total) => {
          display ??= showProgress(total, 0, "users");
          display.update(moved, "moved");
        },
      },
      to,
    );
    display?.stop();
    if (outcome.outcome !== "resharded") return say(outcome);
    print(`${outcome.moved} users moved; there are ${to} shards now. Start the API and the workers with SHARDS=${to}.`);
    return exitCodes.ok;
  } catch (error) {
    display?.stop();
    const phase = await shardLayout.read().then(
      (found) => found?.phase,
      () => "moving",
    );
    if (phase === "moving") print("not finished, and no worker runs before it is: the same command goes on from here");
    throw error;
  }
}

function say(
  outcome: { readonly outcome: "refused"; readonly reason: string } | { readonly outcome: "done" },
): ExitCode {
  switch (outcome.outcome) {
    case "refused":
      throw new Error(outcome.reason);
    case "done":
      print("nothing to do: the bridge has this number of shards");
      return exitCodes.ok;
  }
}

const pollIntervalMs = 1_000;

async function untilConsumed({ eventLog, signal }: Bridge, groups: readonly string[]): Promise<void> {
  if (groups.length === 0) return;
  const last = await eventLog.findLastEvents(signal);
  for (const group of groups) {
    for (let told: bigint | undefined; ;) {
      const lag = await eventLog.groupLag(group, last);
      if (lag === 0n) break;
      if (lag !== told) print(`waits for ${group}: ${lag} offsets to read`);
      told = lag;
      await delay(pollIntervalMs, undefined, { signal });
    }
  }
}
