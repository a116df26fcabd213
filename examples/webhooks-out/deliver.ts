import type { ParsedEvent } from "@clerk-kafka-bridge/events";
import { setTimeout as delay } from "node:timers/promises";
import { Webhook } from "standardwebhooks";
import type { Endpoint } from "./endpoints.ts";

export type Delivery =
  | { readonly outcome: "delivered"; readonly attempts: number }
  /** The endpoint answers 410, or has refused the webhook for too long. */
  | { readonly outcome: "dead"; readonly reason: string };

export interface DeliveryOptions {
  readonly disableAfterMs: number;
  readonly firstRetryMs: number;
  /** Called at least every second while the delivery waits. Throws when it is to end. */
  readonly onWait: () => Promise<void>;
}

const timeoutMs = 10_000;
const maxRetryMs = 5 * 60_000;

/**
 * Sends one event until the endpoint accepts it: after 1, 2, 4 … seconds, at most 5 minutes apart. The `webhook-id` is the event's id, so an
 * endpoint recognises a repetition.
 */
export async function deliver(event: ParsedEvent, endpoint: Endpoint, options: DeliveryOptions): Promise<Delivery> {
  const giveUpAt = Date.now() + options.disableAfterMs;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await post(event, endpoint);
    if (answer === "accepted") return { outcome: "delivered", attempts: attempt };
    if (answer === "gone") return { outcome: "dead", reason: "it answers 410 Gone" };
    console.log(`${endpoint.id} refuses ${event.eventId}, attempt ${attempt}: ${answer}`);
    const waitUntil = Date.now() + Math.min(options.firstRetryMs * 2 ** (attempt - 1), maxRetryMs);
    if (waitUntil > giveUpAt) return { outcome: "dead", reason: answer };
    while (Date.now() < waitUntil) {
      await delay(Math.min(1_000, waitUntil - Date.now()));
      await options.onWait();
    }
  }
}

/** `accepted`, `gone`, or the reason for another attempt. */
async function post({ event, eventId }: ParsedEvent, { url, secret }: Endpoint): Promise<string> {
  const body = JSON.stringify({ type: event.eventType, timestamp: event.timestamp, data: event.data });
  const sentAt = new Date();
  try {
    const { status } = await fetch(url, {
      method: "POST",
      body,
      headers: {
        "content-type": "application/json",
        "webhook-id": eventId,
        "webhook-timestamp": String(Math.floor(sentAt.getTime() / 1_000)),
        "webhook-signature": new Webhook(secret).sign(eventId, sentAt, body),
      },
      // A redirect could lead the webhook to another server.
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (status === 410) return "gone";
    return status >= 200 && status < 300 ? "accepted" : `status ${status}`;
  } catch (error) {
    return error instanceof Error
      ? `${error.message} ${error.cause instanceof Error ? error.cause.message : ""}`.trim()
      : String(error);
  }
}
