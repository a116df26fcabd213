import { type Span, SpanKind } from "@opentelemetry/api";
import { contextOf, traceIdOf, traceparentOf, tracer } from "../shared/tracing.ts";
import type { Context, Handler, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { errorBody } from "../http/api-error.ts";
import type { Logger } from "../shared/logger.ts";
import type { WebhookMetrics } from "./webhook-metrics.ts";
import { receiveMessage, type Receipt, type ReceiveDeps } from "./receive-message.ts";
import type { SignatureLimit } from "./signature-limit.ts";
import type { SignatureHeaders } from "./verify-message.ts";

export interface WebhookRouteDeps extends ReceiveDeps {
  readonly metrics: WebhookMetrics;
  readonly signatureLimit: SignatureLimit;
  /** The client's address; undefined when it is unknown, as behind a proxy that is not trusted. */
  readonly clientOf: (c: Context) => string | undefined;
  readonly log: Logger;
}

const refused = new Set<Receipt["outcome"]>(["full", "unavailable", "rejected"]);
const maxBodyBytes = 1024 * 1024;

const webhookPath = "/webhooks/clerk";

/** `POST /webhooks/clerk`: the address of the webhook endpoint in Clerk's dashboard. A final slash is accepted. */
export function addWebhookRoute(app: Hono, deps: WebhookRouteDeps): void {
  const { metrics, log, now } = deps;
  const receive: Handler = async (c) => {
    const startedAt = now();
    metrics.received.inc();
    const traceparent = c.req.header("traceparent");
    const span = tracer.startSpan(`POST ${webhookPath}`, { kind: SpanKind.SERVER }, contextOf(traceparent));
    try {
      const response = await receiveTraced(c, span, startedAt);
      span.setAttribute("http.response.status_code", response.status);
      return response;
    } finally {
      span.end();
    }
  };
  const receiveTraced = async (c: Context, span: Span, startedAt: number): Promise<Response> => {
    if (deps.signatureLimit.isExceeded(() => deps.clientOf(c))) {
      metrics.rejected.inc({ reason: "rate_limited" });
      return c.json(errorBody(c, "rate_limited", "Too many requests with a wrong signature"), 429, {
        "retry-after": "60",
      });
    }
    if (await isTooLarge(c)) {
      metrics.rejected.inc({ reason: "too_large" });
      return c.json(errorBody(c, "payload_too_large", "The body is larger than 1 MiB"), 413);
    }
    const receipt = await receiveMessage(deps, {
      headers: signatureHeaders(c),
      traceparent: traceparentOf(span) ?? c.req.header("traceparent"),
      body: Buffer.from(await c.req.arrayBuffer()).toString(),
    });
    if (receipt.outcome === "rejected") deps.signatureLimit.countRejected(deps.clientOf(c));
    const durationMs = now() - startedAt;
    count(metrics, receipt, durationMs);
    if (!refused.has(receipt.outcome)) metrics.lastAccepted.set(startedAt / 1_000);
    log[refused.has(receipt.outcome) ? "warn" : "info"]({
      event: "webhook.received",
      ...withoutCause(receipt),
      durationMs,
      ...traceIdOf(span),
    });
    return answer(c, receipt);
  };
  app.post(webhookPath, receive);
  app.post(`${webhookPath}/`, receive);
}

/**
 * Reports a message of Clerk's that was sent to another path, because Clerk's dashboard only shows that it failed. A signature proves
 * that it is one, so that other requests to unknown paths cannot fill the log.
 */
export async function reportWrongPath(c: Context, { verify, metrics, log }: WebhookRouteDeps): Promise<void> {
  const headers = signatureHeaders(c);
  if (c.req.method !== "POST" || headers.signature === undefined || (await isTooLarge(c))) return;
  if (verify(headers, await c.req.raw.clone().text()).outcome !== "verified") return;
  metrics.received.inc();
  metrics.rejected.inc({ reason: "wrong_path" });
  log.warn(
    { event: "webhook.wrong_path", id: headers.id, path: c.req.path },
    `Clerk sends webhooks to another path. In Clerk's dashboard, the endpoint must end in ${webhookPath}`,
  );
}

/**
 * Node enforces the announced length, so comparing it is enough. Only a body of unknown length goes through Hono's counting stream,
 * which halves the receiver's speed.
 */
async function isTooLarge(c: Context): Promise<boolean> {
  const announced = c.req.header("content-length");
  if (announced !== undefined) return Number(announced) > maxBodyBytes;
  let tooLarge = false;
  const counted = bodyLimit({
    maxSize: maxBodyBytes,
    onError: () => {
      tooLarge = true;
      return new Response();
    },
  });
  await counted(c, async () => {});
  return tooLarge;
}

/** Svix uses one of two families of header names. All headers come from the same family. */
function signatureHeaders(c: Context): SignatureHeaders {
  const family = c.req.header("svix-id") === undefined ? "webhook" : "svix";
  return {
    id: c.req.header(`${family}-id`),
    timestamp: c.req.header(`${family}-timestamp`),
    signature: c.req.header(`${family}-signature`),
  };
}

function answer(c: Context, receipt: Receipt): Response {
  switch (receipt.outcome) {
    case "queued":
    case "counted":
    case "repeated":
    case "expired":
    case "ignored":
    case "dead_lettered":
      return c.body(null, 204);
    case "rejected":
      return c.json(errorBody(c, receipt.reason, messageOf[receipt.reason]), 400);
    case "full":
      return c.json(errorBody(c, "queue_full", "The queue is full; send the message again"), 503, retryLater);
    case "unavailable":
      return c.json(
        errorBody(c, "queue_unavailable", "The queue is unavailable; send the message again"),
        503,
        retryLater,
      );
  }
}

const retryLater = { "retry-after": "5" };

const messageOf = {
  missing_headers: "Signature headers are missing",
  bad_timestamp: "The message's timestamp is more than 5 minutes off",
  bad_signature: "The signature does not match the body",
};

function count(metrics: WebhookMetrics, receipt: Receipt, durationMs: number): void {
  switch (receipt.outcome) {
    case "queued":
      metrics.queueSeconds.observe(durationMs / 1_000);
      metrics.accepted.inc({ outcome: receipt.outcome });
      return;
    case "ignored":
      metrics.ignored.inc({ type: receipt.type });
      metrics.accepted.inc({ outcome: receipt.outcome });
      return;
    case "counted":
    case "repeated":
    case "expired":
    case "dead_lettered":
      metrics.accepted.inc({ outcome: receipt.outcome });
      return;
    case "rejected":
      metrics.rejected.inc({ reason: receipt.reason });
      return;
    case "full":
      metrics.rejected.inc({ reason: "redis_full" });
      return;
    case "unavailable":
      metrics.rejected.inc({ reason: `redis_${receipt.reason}` });
  }
}

function withoutCause(receipt: Receipt): Record<string, unknown> {
  if (receipt.outcome !== "unavailable") return { ...receipt };
  const { cause, ...rest } = receipt;
  return { ...rest, error: cause instanceof Error ? cause.message : String(cause) };
}
