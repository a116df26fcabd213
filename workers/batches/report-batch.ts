import type { Decided } from "../../src/domain/decide-batch.ts";
import type { EventRecord } from "../../src/kafka/records/records.ts";
import type { DeadLetter } from "../../src/queue/dead-letters.ts";
import type { ShardContext } from "../context/shard-context.ts";

interface BatchReport {
  readonly shard: number;
  readonly jobs: number;
  readonly decided: readonly Decided[];
  readonly events: readonly EventRecord[];
  readonly deadLetters: readonly DeadLetter[];
  /** Numbers of messages that were not decided, by reason. */
  readonly staleUser: number;
  readonly deferred: number;
  readonly forwarded: number;
  readonly offset: bigint;
  readonly startedAt: number;
  readonly transactionMs: number;
}

const maxLoggedIds = 5;

/** Counts a batch and logs it in one line. Each dead letter gets a line of its own, because an operator has to look at it. */
export function reportBatch({ metrics, log, now }: ShardContext, report: BatchReport): void {
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
  count("stale_user", report.staleUser);
  count("deferred", report.deferred);
  count("forwarded", report.forwarded);
  count("malformed", report.deadLetters.length);
  metrics.deadLettered.inc(report.deadLetters.length);
  metrics.batchMessages.observe(Object.values(outcomes).reduce((sum, messages) => sum + messages, 0));
  if (report.transactionMs > 0) metrics.transactionSeconds.observe(report.transactionMs / 1_000);

  for (const { id, reason } of report.deadLetters) {
    log.warn({ event: "message.dead_lettered", shard: report.shard, id, reason }, "Message stored as a dead letter");
  }
  if (report.deferred > 0) {
    log.warn(
      { event: "messages.deferred", shard: report.shard, messages: report.deferred },
      "Messages about unknown users wait for Clerk's answer",
    );
  }
  log.info({
    event: "batch.processed",
    shard: report.shard,
    jobs: report.jobs,
    ...outcomes,
    offset: String(report.offset),
    users: report.events.slice(0, maxLoggedIds).map(({ event }) => event.data.id),
    transactionMs: report.transactionMs,
    durationMs: endedAt - report.startedAt,
  });
}
