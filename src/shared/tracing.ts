import {
  type Context,
  context,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  type Span,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import type { EnvironmentVariables } from "./environment.ts";
import { withTimeout } from "./with-timeout.ts";

/** Creates spans. Without {@link startTracing} they are empty, and cost a function call each. */
export const tracer: Tracer = trace.getTracer("clerk-kafka-bridge");

export interface TracingConfig {
  readonly serviceName: string;
}

/** Undefined unless the standard `OTEL_…` variables ask for traces. OpenTelemetry's SDK reads all others of them by itself. */
export function toTracingConfig(program: "api" | "worker", variables: EnvironmentVariables): TracingConfig | undefined {
  const asks = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_TRACES_EXPORTER"];
  const isOff = variables["OTEL_SDK_DISABLED"] === "true" || variables["OTEL_TRACES_EXPORTER"] === "none";
  if (isOff || !asks.some((name) => variables[name])) return undefined;
  return { serviceName: variables["OTEL_SERVICE_NAME"] || `clerk-kafka-bridge-${program}` };
}

const flushTimeoutMs = 2_000;

/**
 * Starts OpenTelemetry's SDK if it is configured. Resolves with a function that sends the last spans. Traces only: metrics are served
 * for Prometheus.
 */
export async function startTracing(config: TracingConfig | undefined): Promise<() => Promise<void>> {
  if (config === undefined) return async () => {};
  // Loaded only if it is needed: it takes 50 MB of disk and 150 ms.
  const { NodeSDK } = await import("@opentelemetry/sdk-node");
  const sdk = new NodeSDK({ ...config, metricReaders: [], logRecordProcessors: [] });
  sdk.start();
  return () => withTimeout(flushTimeoutMs, sdk.shutdown(), () => new Error("not flushed in time")).catch(() => {});
}

/** The trace that a W3C `traceparent` continues; a new one without it. */
export const contextOf = (traceparent: string | undefined): Context =>
  traceparent === undefined ? ROOT_CONTEXT : propagation.extract(ROOT_CONTEXT, { traceparent });

/** The W3C `traceparent` with which others continue the span's trace; undefined while tracing is off. */
export function traceparentOf(span: Span): string | undefined {
  const { traceId, spanId, traceFlags } = span.spanContext();
  if (!isSpanContextValid(span.spanContext())) return undefined;
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
}

/** The same of the span in whose context the caller runs. */
export const activeTraceparent = (): string | undefined => {
  const span = trace.getSpan(context.active());
  return span && traceparentOf(span);
};

/** The field of a log line that leads to the trace; empty while tracing is off. */
export const traceIdOf = (span: Span): { readonly trace_id?: string } =>
  isSpanContextValid(span.spanContext()) ? { trace_id: span.spanContext().traceId } : {};

/** The same of the span in whose context the caller runs. */
export function activeTraceId(): { readonly trace_id?: string } {
  const span = trace.getSpan(context.active());
  return span === undefined ? {} : traceIdOf(span);
}
