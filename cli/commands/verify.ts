import type { Command } from "commander";
import { allShards } from "../../src/domain/shard-of.ts";
import { readStateTable } from "../../src/kafka/consuming/read-state-table.ts";
import { countAllWaiting } from "../../src/queue/message-queues.ts";
import type { Problem } from "../../src/reconciliation/compare/compare-views.ts";
import { type Difference, verify } from "../../src/reconciliation/compare/verify.ts";
import { createUserPageReader } from "../../src/reconciliation/paging/user-page-reader.ts";
import { exitCodes, print, runCommand } from "../context/cli-context.ts";

/** `bridge verify`: compares Clerk, the ledger and Kafka. The exit code is 2 when they differ. */
export function addVerifyCommand(program: Command): void {
  program
    .command("verify")
    .description("compare Clerk, the ledger and Kafka's state topic, and print each user that differs; changes nothing")
    .option("--json", "print one JSON object")
    .action((options: { json?: true }) =>
      runCommand(async (context) => {
        const { config, eventLog, queues, shardOf, viewShard, signal } = context;
        const { eventFields } = config;
        const { counts, differences, unreadable } = await verify({
          shards: config.shards,
          queues,
          shardOf,
          viewShard,
          readPage: createUserPageReader(context.openClerk().clerk, { eventFields, now: Date.now, signal }),
          eventFields,
          readStateTable: (from) =>
            readStateTable({ follow: eventLog.follow, topic: config.kafka.stateTopic, shardOf, from, signal }),
          now: Date.now,
          signal,
        });
        const waitingJobs = await countAllWaiting(queues, allShards(config.shards));
        if (options.json)
          print(JSON.stringify({ ...counts, waitingJobs, differences, unreadable: Object.fromEntries(unreadable) }));
        else {
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

const formatDifference = ({ userId, problems }: Difference): string =>
  `${userId}  ${problems.map(formatProblem).join("; ")}`;

function formatProblem(problem: Problem): string {
  if (problem.what === "disagrees") return `ledger and Kafka disagree in ${problem.fields.join(", ")}`;
  const store = problem.store === "ledger" ? "the ledger" : "Kafka";
  switch (problem.what) {
    case "missing":
      return `missing in ${store}`;
    case "deleted":
      return `deleted in ${store}, but present in Clerk`;
    case "extra":
      return `present in ${store}, but not in Clerk`;
    case "unreadable":
      return `unreadable in ${store}`;
    case "differs":
      return `${store} differs from Clerk in ${problem.fields.join(", ")}`;
  }
}
