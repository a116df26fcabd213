import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { z } from "zod";
import {
  createReconciliationQueue,
  type ReconciliationQueue,
} from "../../src/reconciliation/runs/reconciliation-queue.ts";
import { addJsonOption, addYesOption, confirm, type JsonOption, type YesOption } from "../context/arguments.ts";
import type { CliConfig } from "../context/cli-config.ts";
import { showProgress } from "../context/show-progress.ts";
import type { RedisClient } from "../../src/redis/redis-client.ts";
import { describeFindings } from "../../src/inspection/bridge-status.ts";
import { createLastRuns } from "../../src/reconciliation/last-runs.ts";
import { runCommand } from "../context/cli-context.ts";
import { exitCodes } from "../context/exit-codes.ts";

const pollIntervalMs = 200;

/** `bridge reconcile`: has a worker compare Clerk with the published states now. */
export function addReconcileCommand(program: Command): void {
  addYesOption(addJsonOption(program.command("reconcile")))
    .description(
      "compare Clerk with the published states and publish missed changes; waits for the worker that does it",
    )
    .option("--full", "compare all users and find deletions, not only recent changes")
    .option("--all-deletions", "with --full: publish any number of deletions")
    .option("--accept-instance", "take the Clerk instance of CLERK_SECRET_KEY for the one whose users are published")
    .option("--no-wait", "do not wait for the result")
    .action((options: ReconcileOptions) =>
      runCommand(options, async ({ config, redis, signal, openClerk, print, note, result }) => {
        if (options.allDeletions) await confirm("This publishes every missing user as deleted, for good", options);
        if (options.acceptInstance) note(`accepted: ${await openClerk().instance.accept()}`);
        const queue = createReconciliationQueue(redis, config.redis.prefix);
        try {
          const id = await queue.ask({
            kind: options.full ? "full" : "recent",
            reason: "asked",
            ...(options.allDeletions && { allDeletions: true }),
          });
          note("queued: a worker runs it after any run in progress");
          if (options.wait) {
            const done = resultSchema.parse(
              await untilDone(queue, id, await expectedMs(redis, config, options), signal),
            );
            result(done);
            print(formatResult(done));
            if (done.findings.unreadable.length > 0) return exitCodes.problems;
          } else result({ id });
        } finally {
          await queue.close();
        }
        return exitCodes.ok;
      }),
    );
}

interface ReconcileOptions extends JsonOption, YesOption {
  readonly full?: true;
  readonly allDeletions?: true;
  readonly acceptInstance?: true;
  readonly wait: boolean;
}

/** The duration of the last run of this kind; 0 when there was none. */
async function expectedMs(redis: RedisClient, { redis: { prefix } }: CliConfig, { full }: ReconcileOptions) {
  const runs = await createLastRuns(redis, prefix).read();
  return (full ? runs.full : runs.recent)?.durationMs ?? 0;
}

async function untilDone(
  queue: ReconciliationQueue,
  id: string,
  lastDurationMs: number,
  signal: AbortSignal,
): Promise<unknown> {
  const startedAt = Date.now();
  const expectedSeconds = Math.ceil(lastDurationMs / 1_000);
  const display = expectedSeconds > 3 ? showProgress(expectedSeconds, 0, "seconds that the last run took") : undefined;
  try {
    return await poll(queue, id, signal, () => display?.update(Math.round((Date.now() - startedAt) / 1_000), ""));
  } finally {
    display?.stop();
  }
}

async function poll(
  queue: ReconciliationQueue,
  id: string,
  signal: AbortSignal,
  onWaiting: () => void,
): Promise<unknown> {
  for (;;) {
    const run = await queue.find(id);
    switch (run.state) {
      case "waiting":
      case "running":
        onWaiting();
        await delay(pollIntervalMs, undefined, { signal });
        break;
      case "done":
        return run.result;
      case "failed":
        throw new Error(`The run failed: ${run.reason}`);
      case "unknown":
        throw new Error("Redis has lost the run. Run the command again.");
    }
  }
}

const resultSchema = z.object({
  durationMs: z.number(),
  withheld: z.number(),
  findings: z.object({
    compared: z.number(),
    inGracePeriod: z.number(),
    found: z.record(z.string(), z.number()),
    unreadable: z.array(z.string()).default([]),
  }),
});

function formatResult({ durationMs, withheld, findings }: z.infer<typeof resultSchema>): string {
  const missed = Object.values(findings.found).some((count) => count > 0);
  const lines = [
    `${findings.compared} users compared in ${(durationMs / 1_000).toFixed(1)} s`,
    missed ? `queued: ${describeFindings(findings)}` : "nothing was missed",
  ];
  if (findings.unreadable.length > 0) {
    lines.push(`Clerk's users that cannot be read, now dead letters: ${findings.unreadable.join(", ")}`);
  }
  if (findings.inGracePeriod > 0)
    lines.push(`${findings.inGracePeriod} changes are in the grace period: their webhooks may still arrive`);
  if (withheld > 0) {
    lines.push(
      `${withheld} users are missing in Clerk: too many, so no deletion is published. If CLERK_SECRET_KEY belongs to the right instance, run: bridge reconcile --full --all-deletions`,
    );
  }
  return lines.join("\n");
}
