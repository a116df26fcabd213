import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { secondsBuckets } from "../shared/metrics.ts";

const rejectionReasons = [
  "missing_headers",
  "bad_timestamp",
  "bad_signature",
  "rate_limited",
  "too_large",
  "wrong_path",
  "redis_full",
  "redis_unavailable",
];
const acceptedOutcomes = ["queued", "ignored", "counted", "repeated", "expired", "dead_lettered"];

export type WebhookMetrics = ReturnType<typeof createWebhookMetrics>;

/** Creates the receiver's metrics. Call it once for each registry. */
export function createWebhookMetrics(registry: Registry) {
  const registers = [registry];
  const metrics = {
    received: new Counter({ name: "bridge_webhooks_received_total", help: "Webhook requests", registers }),
    rejected: new Counter({
      name: "bridge_webhooks_rejected_total",
      help: "Webhook requests answered with an error, by reason",
      labelNames: ["reason"],
      registers,
    }),
    accepted: new Counter({
      name: "bridge_webhooks_accepted_total",
      help: "Verified messages answered with 2xx, by outcome",
      labelNames: ["outcome"],
      registers,
    }),
    lastAccepted: new Gauge({
      name: "bridge_webhooks_last_accepted_timestamp_seconds",
      help: "When this process last accepted a verified message; 0 before the first one",
      registers,
    }),
    ignored: new Counter({
      name: "bridge_webhooks_ignored_total",
      help: "Verified messages of types that become no event, by type",
      labelNames: ["type"],
      registers,
    }),
    queueSeconds: new Histogram({
      name: "bridge_queue_write_seconds",
      help: "Time until Redis had stored a message",
      buckets: secondsBuckets,
      registers,
    }),
  };
  // Prometheus sees no increase in a counter that appears with its first count.
  for (const reason of rejectionReasons) metrics.rejected.inc({ reason }, 0);
  for (const outcome of acceptedOutcomes) metrics.accepted.inc({ outcome }, 0);
  return metrics;
}
