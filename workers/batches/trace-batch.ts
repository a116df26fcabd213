import { type Link, type Span, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { Decided } from "../../src/domain/decide-batch.ts";
import { contextOf, traceparentOf, tracer } from "../../src/shared/tracing.ts";
import type { Write } from "./write-batch.ts";

/** The spans of one batch. Empty while tracing is off. */
export interface BatchTrace {
  readonly span: Span;
  /** Gives each event the trace that its consumer continues. */
  addTo(writes: readonly Write[]): readonly Write[];
  /** Ends all spans. `transactionMs`: of the batch's transactions; 0 without one. */
  end(result: { readonly transactionMs: number } | { readonly error: unknown }): void;
}

/**
 * Traces a batch:
 *
 *     the message's trace   receive → queued → decide → publish → the consumer's spans
 *     the batch's trace     batch → kafka transaction
 *
 * The two are linked in both directions, because a batch belongs to as many traces as it has messages.
 */
export function traceBatch(shard: number, decided: readonly Decided[], startedAt: number): BatchTrace {
  const links: Link[] = decided
    .flatMap(({ message }) => trace.getSpanContext(contextOf(message.traceparent)) ?? [])
    .map((linked) => ({ context: linked }));
  const span = tracer.startSpan("batch", {
    kind: SpanKind.CONSUMER,
    root: true,
    startTime: startedAt,
    links,
    attributes: { "bridge.shard": shard, "messaging.batch.message_count": decided.length },
  });
  // A batch that is not sampled can have messages whose traces are.
  if (traceparentOf(span) === undefined) return { span, addTo: (writes) => writes, end: () => {} };
  const toBatch = [{ context: span.spanContext() }];
  for (const { message, decision } of decided) {
    const parent = contextOf(message.traceparent);
    tracer.startSpan("queued", { startTime: message.receivedAt }, parent).end(startedAt);
    const attributes = { "bridge.outcome": decision.outcome, "messaging.message.id": message.id };
    tracer.startSpan("decide", { startTime: startedAt, links: toBatch, attributes }, parent).end();
  }
  const publishing: Span[] = [];
  return {
    span,
    addTo: (writes) =>
      writes.map((write) => {
        if (write.event === undefined) return write;
        const { event, traceparent } = write.event;
        const attributes = { "messaging.system": "kafka", "messaging.message.id": event.eventId };
        const options = { kind: SpanKind.PRODUCER, links: toBatch, attributes };
        const published = tracer.startSpan(`publish ${event.eventType}`, options, contextOf(traceparent));
        publishing.push(published);
        return { ...write, event: { ...write.event, traceparent: traceparentOf(published) ?? traceparent } };
      }),
    end: (result) => {
      if ("error" in result) for (const ended of [...publishing, span]) ended.setStatus({ code: SpanStatusCode.ERROR });
      else if (result.transactionMs > 0) {
        const startTime = Date.now() - result.transactionMs;
        tracer.startSpan("kafka transaction", { startTime }, trace.setSpan(contextOf(undefined), span)).end();
      }
      for (const ended of publishing) ended.end();
      span.end();
    },
  };
}
