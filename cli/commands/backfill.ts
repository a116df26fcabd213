import type { Command } from "commander";
import { countUsers } from "../../src/clerk/users/list-users.ts";
import { createLedgerView } from "../../src/ledger/ledger-view.ts";
import { shardPrefix } from "../../src/redis/keys.ts";
import { backfill } from "../../src/reconciliation/runs/backfill.ts";
import { createProgressStore } from "../../src/reconciliation/runs/backfill-progress.ts";
import { createUserPageReader } from "../../src/reconciliation/paging/user-page-reader.ts";
import { openClerk } from "../context/create-clerk.ts";
import { exitCodes, print, runCommand } from "../context/run-command.ts";
import { type ProgressDisplay, showProgress } from "../context/show-progress.ts";

/** `bridge backfill`: the users that Clerk had before the bridge came. */
export function addBackfillCommand(program: Command): void {
  program
    .command("backfill")
    .description(
      "publish user.created for every user of Clerk who is not known yet; goes on where an earlier one stopped",
    )
    .option("--dry-run", "count only")
    .option("--restart", "from the first user on, wherever an earlier one stopped")
    .action((options: { dryRun?: true; restart?: true }) =>
      runCommand(async (bridge) => {
        const { config, redis, queues, shardOf, signal } = bridge;
        const clerk = openClerk(bridge);
        const { prefix } = config.redis;
        const dryRun = options.dryRun ?? false;
        const total = await countUsers(clerk, {});
        let display: ProgressDisplay | undefined;
        try {
          const { read, queued } = await backfill(
            {
              queues,
              shardOf,
              signal,
              shards: config.shards,
              viewShard: (shard) => createLedgerView(redis, shardPrefix(prefix, shard)),
              readPage: createUserPageReader(clerk, Date.now, signal),
              progress: createProgressStore(redis, prefix),
              now: Date.now,
              onProgress: (progress) => {
                if (display === undefined && progress.read > 0) print(`goes on after ${progress.read} users`);
                display ??= showProgress(total, progress.read, "users");
                display.update(progress.read, `${progress.queued} ${dryRun ? "not known" : "queued"}`);
              },
            },
            { dryRun, restart: options.restart ?? false },
          );
          display?.stop();
          print(
            dryRun
              ? `${read} users in Clerk, ${queued} of them not known yet: a backfill would queue these`
              : `${read} users read, ${queued} of them queued; the workers publish those that are still new to them`,
          );
        } catch (error) {
          display?.stop();
          if (!dryRun) print("stopped; the same command goes on from here");
          throw error;
        }
        return exitCodes.ok;
      }),
    );
}
