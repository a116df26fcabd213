import { Counter, Histogram, type Registry } from "prom-client";
import { secondsBuckets } from "../shared/metrics.ts";

export type WebhookMetrics = ReturnType<typeof createWebhookMetrics>;

/** Creates the receiver's metrics. Call it once for each registry. */
export function createWebhookMetrics(registry: Registry) {
  const registers = [registry];
  return {
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
}
