import type { Decided } from "../../src/domain/decide-batch.ts";
import type { EventRecord } from "../../src/kafka/records/records.ts";
import type { Logger } from "../../src/shared/logger.ts";
import type { BatchMetrics } from "./batch-metrics.ts";
import type { DeadLetter } from "../../src/queue/dead-letters.ts";
import type { Message } from "../../src/domain/message.ts";

export interface BatchReport {
  readonly shard: number;
  readonly jobs: number;
  readonly decided: readonly Decided<Message>[];
  readonly events: readonly EventRecord[];
  readonly deadLettered: readonly DeadLetter[];
  readonly ghosts: number;
  readonly deferred: number;
  readonly forwarded: number;
  readonly offset: bigint;
  readonly startedAt: number;
  readonly transactionMs: number;
}

const loggedIds = 5;

/** Counts a batch and writes its one line; a line more for each dead letter, since somebody must look at it. */
export function reportBatch(
  { metrics, log, now }: { readonly metrics: BatchMetrics; readonly log: Logger; readonly now: () => number },
  report: BatchReport,
): void {
  const endedAt = now();
  const outcomes: Record<string, number> = {};
  const count = (outcome: string, by = 1) => {
    if (by === 0) return;
    outcomes[outcome] = (outcomes[outcome] ?? 0) + by;
    metrics.decided.inc({ outcome }, by);
  };
  for (const { decision, candidate } of report.decided) {
    count(decision.outcome);
    if (decision.outcome === "publish") {
      metrics.committed.inc({ type: decision.event.eventType });
      metrics.endToEndSeconds.observe(Math.max(0, endedAt - candidate.tag.receivedAt) / 1_000);
    }
  }
  count("ghost", report.ghosts);
  count("deferred", report.deferred);
  count("forwarded", report.forwarded);
  count("malformed", report.deadLettered.length);
  metrics.deadLettered.inc(report.deadLettered.length);
  metrics.batchMessages.observe(Object.values(outcomes).reduce((sum, messages) => sum + messages, 0));
  if (report.transactionMs > 0) metrics.transactionSeconds.observe(report.transactionMs / 1_000);

  for (const { id, reason } of report.deadLettered) {
    log.warn({ event: "message.dead_lettered", shard: report.shard, id, reason }, "Message put aside");
  }
  log.info({
    event: "batch.processed",
    shard: report.shard,
    jobs: report.jobs,
    ...outcomes,
    offset: String(report.offset),
    users: report.events.slice(0, loggedIds).map(({ event }) => event.data.id),
    transactionMs: report.transactionMs,
    durationMs: endedAt - report.startedAt,
  });
}
