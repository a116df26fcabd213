import type { Command } from "commander";
import { allShards } from "../../src/domain/shard-of.ts";
import { readStateTable } from "../../src/kafka/consuming/read-state-table.ts";
import { countAllWaiting } from "../../src/queue/message-queues.ts";
import { describeProblem } from "../../src/reconciliation/compare/compare-views.ts";
import { type Difference, verify } from "../../src/reconciliation/compare/verify.ts";
import { createUserPageReader } from "../../src/reconciliation/paging/user-page-reader.ts";
import { addJsonOption, type JsonOption } from "../context/arguments.ts";
import { type CliContext, runCommand } from "../context/cli-context.ts";
import { exitCodes } from "../context/exit-codes.ts";
import { type ProgressDisplay, showProgress } from "../context/show-progress.ts";

/** `bridge verify`: compares Clerk, the ledger and Kafka. The exit code is 2 when they differ. */
export function addVerifyCommand(program: Command): void {
  addJsonOption(program.command("verify"))
    .description("compare Clerk, the ledger and Kafka's state topic, and print each user that differs; changes nothing")
    .action((options: JsonOption) =>
      runCommand(options, async (context) => {
        const { config, eventLog, queues, shardOf, viewShard, signal, print, result } = context;
        const { eventFields } = config;
        const total = 3 * (await countUsers(context));
        let display: ProgressDisplay | undefined;
        const { counts, differences, unreadable } = await verify({
          shards: config.shards,
          queues,
          shardOf,
          viewShard,
          readPage: createUserPageReader(context.openClerk().clerk, { eventFields, now: Date.now, signal }),
          eventFields,
          readStateTable: (from, onRead) =>
            readStateTable({ follow: eventLog.follow, topic: config.kafka.stateTopic, shardOf, from, signal, onRead }),
          now: Date.now,
          signal,
          onProgress: (read) => {
            display ??= showProgress(total, 0, "states read");
            display.update(read, "of Kafka, the ledger and Clerk");
          },
        }).finally(() => display?.stop());
        const waitingJobs = await countAllWaiting(queues, allShards(config.shards));
        result({ ...counts, waitingJobs, differences, unreadable: Object.fromEntries(unreadable) });
        if (!options.json) {
          for (const difference of differences) print(formatDifference(difference));
          for (const [userId, reason] of unreadable) print(`${userId}  cannot be read from Clerk: ${reason}`);
          if (unreadable.size > 0) print(`${unreadable.size} users of Clerk's cannot be read, and were not compared`);
          print(differences.length === 0 ? "nothing differs" : `${differences.length} users differ`);
          print(`users: ${counts.clerk} in Clerk, ${counts.ledger} in the ledger, ${counts.kafka} in Kafka`);
          if (waitingJobs > 0)
            print(`${waitingJobs} jobs are waiting: the workers have not processed every message yet`);
        }
        return differences.length === 0 && unreadable.size === 0 ? exitCodes.ok : exitCodes.problems;
      }),
    );
}

async function countUsers({ config, viewShard }: CliContext): Promise<number> {
  const counts = await Promise.all(allShards(config.shards).map((shard) => viewShard(shard).count()));
  return counts.reduce((sum, count) => sum + count, 0);
}

const formatDifference = ({ userId, problems }: Difference): string =>
  `${userId}  ${problems.map(describeProblem).join("; ")}`;
