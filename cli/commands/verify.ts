import type { Command } from "commander";
import { allShards } from "../../src/domain/shard-of.ts";
import { readStateRecords } from "../../src/kafka/consuming/read-state-records.ts";
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
        const total = 4 * (await countUsers(context));
        let display: ProgressDisplay | undefined;
        const { counts, differences, furtherDifferences, unreadable } = await verify({
          shards: config.shards,
          queues,
          shardOf,
          viewShard,
          readPage: createUserPageReader(context.openClerk().clerk, { eventFields, now: Date.now, signal }),
          eventFields,
          readStateRecords: (from, onState, onRead) => {
            const topic = config.kafka.stateTopic;
            return readStateRecords({ follow: eventLog.follow, topic, shardOf, from, signal, onState, onRead });
          },
          now: Date.now,
          signal,
          onProgress: (read) => {
            display ??= showProgress(total, 0, "states read");
            display.update(read, "of Kafka, the ledger, its index and Clerk");
          },
        }).finally(() => display?.stop());
        const waitingJobs = await countAllWaiting(queues, allShards(config.shards));
        result({ ...counts, waitingJobs, differences, furtherDifferences, unreadable: Object.fromEntries(unreadable) });
        if (!options.json) {
          for (const difference of differences) print(formatDifference(difference));
          for (const [userId, reason] of unreadable) print(`${userId}  cannot be read from Clerk: ${reason}`);
          if (unreadable.size > 0) print(`${unreadable.size} users of Clerk's cannot be read, and were not compared`);
          if (furtherDifferences > 0) print(`and ${furtherDifferences} more, which were not read again`);
          const differ = differences.length + furtherDifferences;
          print(differ === 0 ? "nothing differs" : `${differ} users differ`);
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
