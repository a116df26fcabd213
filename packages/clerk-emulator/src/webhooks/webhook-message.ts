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

export interface WebhookAttempt {
  /** Unix milliseconds, by the machine's clock. */
  readonly at: number;
  /** The HTTP status, or `null` when there was no answer. */
  readonly status: number | null;
  /** Why there was no answer. */
  readonly reason: string | null;
}
