import type { ClerkEvent } from "../resources/event.ts";

/** A message while it is being delivered. */
export interface LoggedMessage extends WebhookMessage {
  state: MessageState;
  readonly attempts: WebhookAttempt[];
  /** Deliveries of it that have not come to an end. */
  openDeliveries: number;
}

/** The messages sent so far, oldest first. Keeps all that are pending, and of the others the latest `limit` to twice as many. */
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

  /** From now on the message may be forgotten when newer ones fill the log. */
  settle(message: LoggedMessage): void {
    this.#settledIds.push(message.id);
    // Cutting in steps keeps the cost of forgetting constant a message.
    if (this.#settledIds.length < this.#limit * 2) return;
    for (const id of this.#settledIds.splice(0, this.#limit)) {
      if (this.#messages.get(id)?.state !== "pending") this.#messages.delete(id);
    }
  }
}

/**
 * - `pending`: some delivery of it is still waiting, under way or to be tried again.
 * - `delivered`: the endpoint took it.
 * - `failed`: all attempts are used up.
 * - `aborted`: the endpoint asked not to be sent it again.
 * - `lost`: never sent, by a fault.
 * - `unsent`: never sent, as there was no endpoint.
 */
export type MessageState = "pending" | "delivered" | "failed" | "aborted" | "lost" | "unsent";

/** One message to the endpoint. The id stays the same over attempts, duplicates and replays. */
export interface WebhookMessage {
  /** The `svix-id`: `msg_…`. */
  readonly id: string;
  /** The event's type; empty for a body that somebody made up. */
  readonly type: string;
  /** The user that it is about; empty for a body that somebody made up. */
  readonly userId: string;
  /** The exact body, signed at every attempt anew. */
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

/** Clerk's documents disagree: its prose and real messages say milliseconds, its OpenAPI examples seconds. */
export type TimestampUnit = "milliseconds" | "seconds";

/** The body of the message that tells of an event. */
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
