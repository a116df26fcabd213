import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { z } from "zod";
import {
  createReconciliationQueue,
  type ReconciliationQueue,
} from "../../src/reconciliation/runs/reconciliation-queue.ts";
import { exitCodes, print, runCommand } from "../context/run-command.ts";

const pollIntervalMs = 200;

/** `bridge reconcile`: compare Clerk with what was published, now. */
export function addReconcileCommand(program: Command): void {
  program
    .command("reconcile")
    .description("have a worker compare Clerk with what was published, and publish what was missed; waits for it")
    .option("--full", "all users, deleted ones too, not only the recent changes")
    .option("--all-deletions", "with --full: publish deletions however many there are")
    .option("--no-wait", "do not wait for the run")
    .action((options: { full?: true; allDeletions?: true; wait: boolean }) =>
      runCommand(async ({ config, redis, signal }) => {
        const queue = createReconciliationQueue(redis, config.redis.prefix);
        try {
          const id = await queue.ask({
            kind: options.full ? "full" : "recent",
            reason: "asked",
            allDeletions: options.allDeletions ?? false,
          });
          print("queued: a worker runs it when none other is under way");
          if (options.wait) print(writeResult(await untilDone(queue, id, signal)));
        } finally {
          await queue.close();
        }
        return exitCodes.ok;
      }),
    );
}

async function untilDone(queue: ReconciliationQueue, id: string, signal: AbortSignal): Promise<unknown> {
  for (;;) {
    const run = await queue.find(id);
    switch (run.state) {
      case "waiting":
      case "running":
        await delay(pollIntervalMs, undefined, { signal });
        break;
      case "done":
        return run.result;
      case "failed":
        throw new Error(`The run failed: ${run.reason}`);
      case "unknown":
        throw new Error("Redis has lost the run; ask again.");
    }
  }
}

const resultSchema = z.object({
  durationMs: z.number(),
  withheld: z.number(),
  findings: z.object({ compared: z.number(), young: z.number(), found: z.record(z.string(), z.number()) }),
});

function writeResult(result: unknown): string {
  const { durationMs, withheld, findings } = resultSchema.parse(result);
  const found = Object.entries(findings.found).filter(([, count]) => count > 0);
  const lines = [
    `${findings.compared} users compared in ${(durationMs / 1_000).toFixed(1)} s`,
    found.length === 0
      ? "nothing was missed"
      : `queued: ${found.map(([what, count]) => `${count} ${what}`).join(", ")}`,
  ];
  if (findings.young > 0) lines.push(`${findings.young} changes are so young that their webhooks may still come`);
  if (withheld > 0) {
    lines.push(
      `${withheld} users are missing in Clerk: so many that none is published as deleted. If CLERK_SECRET_KEY is that of the right instance: bridge reconcile --full --all-deletions`,
    );
  }
  return lines.join("\n");
}
