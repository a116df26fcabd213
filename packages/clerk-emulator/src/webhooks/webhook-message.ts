import type { ClerkEvent } from "../resources/event.ts";

/** A message while it is being delivered. */
export interface LoggedMessage extends WebhookMessage {
  state: MessageState;
  readonly attempts: WebhookAttempt[];
  /** The number of unfinished deliveries. */
  openDeliveries: number;
}

/** The messages sent so far, oldest first. Keeps all pending messages, and the latest `limit` to `2 * limit` settled ones. */
export class MessageLog {
  readonly #messages = new Map<string, LoggedMessage>();
  readonly #settledIds: string[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(message: LoggedMessage): void {
    this.#messages.set(message.id, message);
  }

  get(id: string): LoggedMessage | undefined {
    return this.#messages.get(id);
  }

  all(): LoggedMessage[] {
    return [...this.#messages.values()];
  }

  /** From now on the message may be dropped when newer ones fill the log. */
  settle(message: LoggedMessage): void {
    this.#settledIds.push(message.id);
    // Dropping in bulk keeps the cost per message constant.
    if (this.#settledIds.length < this.#limit * 2) return;
    for (const id of this.#settledIds.splice(0, this.#limit)) {
      if (this.#messages.get(id)?.state !== "pending") this.#messages.delete(id);
    }
  }
}

/**
 * - `pending`: a delivery is waiting, running or to be retried.
 * - `delivered`: the endpoint accepted it.
 * - `failed`: all attempts are used up.
 * - `aborted`: the endpoint asked for no further attempts.
 * - `lost`: never sent, because of a fault.
 * - `unsent`: never sent, because there was no endpoint.
 */
export type MessageState = "pending" | "delivered" | "failed" | "aborted" | "lost" | "unsent";

/** One message to the endpoint. Attempts, duplicates and replays have the same id. */
export interface WebhookMessage {
  /** The `svix-id`: `msg_…`. */
  readonly id: string;
  /** The event's type; empty for a body sent with `sendBody`. */
  readonly type: string;
  /** The user that the event is about; empty for a body sent with `sendBody`. */
  readonly userId: string;
  /** The exact body. Every attempt signs it again. */
  readonly body: string;
  readonly state: MessageState;
  readonly attempts: readonly WebhookAttempt[];
}

interface WebhookAttempt {
  /** Unix milliseconds, by the machine's clock. */
  readonly at: number;
  /** The HTTP status, or `null` when there was no answer. */
  readonly status: number | null;
  /** Why there was no answer. */
  readonly reason: string | null;
}

/** Clerk's documents disagree: its prose and real messages use milliseconds, its OpenAPI examples seconds. */
export type TimestampUnit = "milliseconds" | "seconds";

/** The message body for an event. */
export function writeEnvelope(event: ClerkEvent, instanceId: string, unit: TimestampUnit): string {
  return JSON.stringify({
    data: event.data,
    event_attributes: { http_request: { client_ip: "203.0.113.7", user_agent: "clerk-emulator" } },
    instance_id: instanceId,
    object: "event",
    timestamp: unit === "milliseconds" ? event.at : Math.floor(event.at / 1000),
    type: event.type,
  });
}

/** The user that an event is about. */
export function userIdOf(event: ClerkEvent): string {
  return event.data.object === "session" ? event.data.user_id : event.data.id;
}
