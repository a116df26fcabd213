import type { EventRecord } from "../../src/kafka/records/records.ts";
import type { ShardContext } from "../context/shard-context.ts";
import type { BatchMessages } from "../context/decision-report.ts";

interface BatchReport extends BatchMessages {
  readonly shard: number;
  readonly jobs: number;
  readonly events: readonly EventRecord[];
  readonly offset: bigint;
  readonly startedAt: number;
  readonly transactionMs: number;
  /** Of the batch's own trace; empty while tracing is off. */
  readonly traceId: { readonly trace_id?: string };
}

const maxLoggedIds = 5;

/** Counts a batch and logs it in one line. Each dead letter gets a line of its own, because an operator has to look at it; so do some discarded messages. */
export function reportBatch({ metrics, log, now, reportDecisions }: ShardContext, report: BatchReport): void {
  const endedAt = now();
  const outcomes: Record<string, number> = {};
  const count = (outcome: string, messages = 1) => {
    if (messages === 0) return;
    outcomes[outcome] = (outcomes[outcome] ?? 0) + messages;
    metrics.decided.inc({ outcome }, messages);
  };
  for (const { decision, message } of report.decided) {
    count(decision.outcome);
    if (decision.outcome === "publish") {
      metrics.committed.inc({ type: decision.event.eventType });
      metrics.endToEndSeconds.observe(Math.max(0, endedAt - message.receivedAt) / 1_000);
    }
  }
  count("stale_user", report.stale.length);
  count("deferred", report.deferred.length);
  count("forwarded", report.forwarded.length);
  count("malformed", report.deadLetters.length);
  metrics.deadLettered.inc(report.deadLetters.length);
  metrics.batchMessages.observe(Object.values(outcomes).reduce((sum, messages) => sum + messages, 0));
  if (report.transactionMs > 0) metrics.transactionSeconds.observe(report.transactionMs / 1_000);

  for (const { id, reason } of report.deadLetters) {
    log.warn({ event: "message.dead_lettered", shard: report.shard, id, reason }, "Message stored as a dead letter");
  }
  if (report.deferred.length > 0) {
    log.warn(
      { event: "messages.deferred", shard: report.shard, messages: report.deferred.length },
      "Messages about unknown users wait for Clerk's answer",
    );
  }
  reportDecisions(report.shard, report);
  log.info({
    event: "batch.processed",
    shard: report.shard,
    jobs: report.jobs,
    ...outcomes,
    offset: String(report.offset),
    users: report.events.slice(0, maxLoggedIds).map(({ event }) => event.data.id),
    transactionMs: report.transactionMs,
    durationMs: endedAt - report.startedAt,
    ...report.traceId,
  });
}
