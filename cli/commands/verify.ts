import type { Command } from "commander";
import { readStateTable } from "../../src/kafka/consuming/read-state-table.ts";
import { createLedgerView } from "../../src/ledger/ledger-view.ts";
import { shardPrefix } from "../../src/redis/keys.ts";
import type { Problem } from "../../src/reconciliation/compare/compare-views.ts";
import { createUserPageReader } from "../../src/reconciliation/paging/user-page-reader.ts";
import { type Difference, verify } from "../../src/reconciliation/compare/verify.ts";
import { openClerk } from "../context/create-clerk.ts";
import type { Bridge } from "../context/cli-context.ts";
import { exitCodes, print, runCommand } from "../context/run-command.ts";

/** `bridge verify`: whether Clerk, the ledger and Kafka say the same of every user. Exit code 2 when they do not. */
export function addVerifyCommand(program: Command): void {
  program
    .command("verify")
    .description(
      "compare Clerk, the ledger and Kafka's state topic, and print what differs, user by user; changes nothing",
    )
    .option("--json", "one JSON object")
    .action((options: { json?: true }) =>
      runCommand(async (bridge) => {
        const { config, redis, eventLog, shardOf, signal } = bridge;
        const { counts, differences } = await verify({
          shards: config.shards,
          shardOf,
          viewShard: (shard) => createLedgerView(redis, shardPrefix(config.redis.prefix, shard)),
          readPage: createUserPageReader(openClerk(bridge), Date.now, signal),
          readStateTable: (from) =>
            readStateTable({ follow: eventLog.follow, topic: config.kafka.stateTopic, shardOf, from, signal }),
          now: Date.now,
          signal,
        });
        const waitingJobs = await countWaiting(bridge);
        if (options.json) print(JSON.stringify({ ...counts, waitingJobs, differences }));
        else {
          for (const difference of differences) print(lineOf(difference));
          print(differences.length === 0 ? "nothing differs" : `${differences.length} users differ`);
          print(`users: ${counts.clerk} in Clerk, ${counts.ledger} in the ledger, ${counts.kafka} in Kafka`);
          if (waitingJobs > 0)
            print(`${waitingJobs} jobs wait in the queues: the workers have not done everything yet`);
        }
        return differences.length === 0 ? exitCodes.ok : exitCodes.differs;
      }),
    );
}

async function countWaiting({ config, queues }: Bridge): Promise<number> {
  const counts = await Promise.all(Array.from({ length: config.shards }, (_, shard) => queues.countWaiting(shard)));
  return counts.reduce((sum, count) => sum + count, 0);
}

const lineOf = ({ userId, problems }: Difference) => `${userId}  ${problems.map(say).join("; ")}`;

function say(problem: Problem): string {
  if (problem.what === "disagrees") return `ledger and Kafka disagree in ${problem.fields.join(", ")}`;
  const store = problem.store === "ledger" ? "the ledger" : "Kafka";
  switch (problem.what) {
    case "missing":
      return `missing in ${store}`;
    case "deleted":
      return `deleted in ${store}, but Clerk has the user`;
    case "extra":
      return `in ${store}, but Clerk has no such user`;
    case "unreadable":
      return `unreadable in ${store}`;
    case "differs":
      return `${store} differs from Clerk in ${problem.fields.join(", ")}`;
  }
}
