import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { createShardOf } from "../../src/domain/shard-of.ts";
import { countMisplaced } from "../../src/kafka/consuming/find-misplaced.ts";
import { createShardLedger } from "../../src/ledger/shard-ledger.ts";
import { shardPrefix } from "../../src/redis/keys.ts";
import { planReshard } from "../../src/resharding/plan-reshard.ts";
import { reshard, type ReshardDeps } from "../../src/resharding/reshard.ts";
import { createShardLayoutRecord } from "../../src/resharding/shard-layout.ts";
import { addJsonOption, type JsonOption, wholeNumber } from "../context/arguments.ts";
import { type CliContext, runCommand } from "../context/cli-context.ts";
import { type ExitCode, exitCodes } from "../context/exit-codes.ts";
import { type ProgressDisplay, showProgress } from "../context/show-progress.ts";

interface ReshardOptions extends JsonOption {
  readonly to: number;
  readonly dryRun?: true;
  readonly waitForGroup: readonly string[];
}

/** `bridge reshard`: changes the number of shards without breaking the order of any user's events. */
export function addReshardCommand(program: Command): void {
  addJsonOption(program.command("reshard"))
    .description("change the number of shards: stops the workers and moves the states; resumes after a crash")
    .requiredOption("--to <n>", "the new number of shards, larger than the current one", wholeNumber(1, 1_000))
    .option("--wait-for-group <id...>", "wait until this consumer group has read all events of the old shards", [])
    .option("--dry-run", "print the plan, change nothing")
    .action((options: ReshardOptions) =>
      runCommand(options, async (context) => {
        const { to, waitForGroup } = options;
        return options.dryRun ? printPlan(context, to, waitForGroup) : run(context, to, waitForGroup);
      }),
    );
}

async function printPlan(context: CliContext, to: number, groups: readonly string[]) {
  const { config, redis, eventLog, signal, print, result } = context;
  const shardLayout = await createShardLayoutRecord(redis, config.redis.prefix).read();
  const counts = await eventLog.countPartitions();
  const plan = planReshard(shardLayout, counts, to);
  if (plan.outcome !== "go") return reportNothingDone(context, plan);
  const users = await countMisplaced(eventLog.findMisplaced(createShardOf(to), signal));
  const { eventsTopic, stateTopic } = config.kafka;
  result({ from: plan.from, to, resumed: plan.resumed, partitions: counts, users });
  print(`${plan.resumed ? "resumes from" : "from"} ${plan.from} to ${to} shards`);
  print(`1. fences the owners of all ${plan.partitions} shards; running workers stop`);
  print(`2. ${eventsTopic}: ${counts.events} → ${to} partitions; ${stateTopic}: ${counts.states} → ${to} partitions`);
  print(`3. moves the states of ${users} users to their new partitions`);
  if (groups.length > 0) {
    const last = await eventLog.findLastEvents(signal);
    for (const group of groups) print(`4. waits for ${group}: ${await eventLog.groupLag(group, last)} offsets to read`);
  }
  print(`Then start the API and the workers with SHARDS=${to}.`);
  return exitCodes.ok;
}

async function run(context: CliContext, to: number, groups: readonly string[]): Promise<ExitCode> {
  let display: ProgressDisplay | undefined;
  const { shardLayout, ...deps } = await openResharding(context);
  try {
    const outcome = await reshard(
      {
        ...deps,
        shardLayout,
        untilConsumed: () => untilConsumed(context, groups),
        atStep: async () => {},
        onProgress: (moved, total) => {
          display ??= showProgress(total, 0, "users");
          display.update(moved, "moved");
        },
      },
      to,
    );
    display?.stop();
    if (outcome.outcome !== "resharded") return reportNothingDone(context, outcome);
    context.result({ shards: to, moved: outcome.moved });
    context.print(
      `${outcome.moved} users moved; the bridge has ${to} shards. Start the API and the workers with SHARDS=${to}.`,
    );
    return exitCodes.ok;
  } catch (error) {
    display?.stop();
    const phase = await shardLayout.read().then(
      (found) => found?.phase,
      () => "moving",
    );
    if (phase === "moving")
      context.note("not finished; no worker runs until it is. Run the same command again to resume");
    throw error;
  }
}

/** What `reshard` works on, except for the progress. `beforeCommit` is called in each transaction that moves states. */
export async function openResharding(
  { config, redis, eventLog, signal }: CliContext,
  beforeCommit?: () => Promise<void>,
): Promise<Omit<ReshardDeps, "untilConsumed" | "atStep" | "onProgress">> {
  const { prefix } = config.redis;
  return {
    shardLayout: createShardLayoutRecord(redis, prefix),
    eventLog,
    openPublisher: (shard, movesAmong) => eventLog.openPublisher(shard, beforeCommit, movesAmong),
    createShardLedger: (shard) => createShardLedger(redis, shardPrefix(prefix, shard)),
    cluster: await eventLog.clusterId(),
    maxStates: config.kafka.batchMaxMessages,
    signal,
  };
}

function reportNothingDone(
  { print, result }: CliContext,
  outcome: { readonly outcome: "refused"; readonly reason: string } | { readonly outcome: "done" },
): ExitCode {
  switch (outcome.outcome) {
    case "refused":
      throw new Error(outcome.reason);
    case "done":
      result({ moved: 0 });
      print("nothing to do: the bridge has this number of shards");
      return exitCodes.ok;
  }
}

const pollIntervalMs = 1_000;

async function untilConsumed({ eventLog, signal, note }: CliContext, groups: readonly string[]): Promise<void> {
  if (groups.length === 0) return;
  const last = await eventLog.findLastEvents(signal);
  for (const group of groups) {
    for (let printed: bigint | undefined; ;) {
      const lag = await eventLog.groupLag(group, last);
      if (lag === 0n) break;
      if (lag !== printed) note(`waits for ${group}: ${lag} offsets to read`);
      printed = lag;
      await delay(pollIntervalMs, undefined, { signal });
    }
  }
}
