import type { Command } from "commander";
import { countUsers } from "../../src/clerk/users/list-users.ts";
import { createUserPageReader } from "../../src/reconciliation/paging/user-page-reader.ts";
import { assertSameInstance } from "../../src/clerk/client/clerk-instance.ts";
import { createCoverage } from "../../src/reconciliation/coverage.ts";
import { backfill, createProgressStore } from "../../src/reconciliation/runs/backfill.ts";
import { addJsonOption, type JsonOption } from "../context/arguments.ts";
import { runCommand } from "../context/cli-context.ts";
import { exitCodes } from "../context/exit-codes.ts";
import { type ProgressDisplay, showProgress } from "../context/show-progress.ts";

/** `bridge backfill`: publishes the users that Clerk had before the bridge was installed. */
export function addBackfillCommand(program: Command): void {
  addJsonOption(program.command("backfill"))
    .description("publish user.created for every Clerk user that is not known yet; resumes an interrupted backfill")
    .option("--dry-run", "count the unknown users, publish nothing")
    .option("--restart", "begin with the first user instead of resuming")
    .action((options: JsonOption & { dryRun?: true; restart?: true }) =>
      runCommand(options, async (context) => {
        const { config, redis, signal, queues, shardOf, viewShard, print, note, result } = context;
        const { clerk, instance } = context.openClerk();
        await assertSameInstance(instance);
        const dryRun = options.dryRun ?? false;
        const total = await countUsers(clerk, {});
        let display: ProgressDisplay | undefined;
        try {
          const { read, queued } = await backfill(
            {
              queues,
              shardOf,
              viewShard,
              signal,
              shards: config.shards,
              readPage: createUserPageReader(clerk, { eventFields: config.eventFields, now: Date.now, signal }),
              eventFields: config.eventFields,
              progress: createProgressStore(redis, config.redis.prefix),
              coverage: createCoverage(redis, config.redis.prefix),
              now: Date.now,
              onProgress: (progress) => {
                if (display === undefined && progress.read > 0) note(`resumes after ${progress.read} users`);
                display ??= showProgress(total, progress.read, "users");
                display.update(progress.read, `${progress.queued} ${dryRun ? "not known" : "queued"}`);
              },
            },
            { dryRun, restart: options.restart ?? false },
          );
          display?.stop();
          result({ dryRun, read, queued });
          print(
            dryRun
              ? `${read} users in Clerk, ${queued} of them not known yet: a backfill would queue these`
              : `${read} users read, ${queued} of them queued; the workers publish those that are still unknown`,
          );
        } catch (error) {
          display?.stop();
          if (!dryRun) note("stopped; run the same command again to resume");
          throw error;
        }
        return exitCodes.ok;
      }),
    );
}
