import type { WebhookAttempt, WebhookMessage, MessageState } from "./webhook-message.ts";

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
