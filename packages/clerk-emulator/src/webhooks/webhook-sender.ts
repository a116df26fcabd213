import type { MakeId } from "../instance/instance.ts";
import type { Random } from "../seeded-random.ts";
import type { ClerkEvent } from "../resources/event.ts";
import { DeliveryScheduler } from "./delivery-scheduler.ts";
import { noFaults, planDeliveries, type WebhookFaults } from "./webhook-endpoint.ts";
import { type AttemptResult, decideAfterAttempt } from "./webhook-endpoint.ts";
import { type LoggedMessage, MessageLog } from "./webhook-message.ts";
import { createPoster, type Poster } from "./post-message.ts";
import { createHeaderSigner, type SignHeaders, type WebhookEndpoint } from "./webhook-endpoint.ts";
import type { MessageState, WebhookMessage } from "./webhook-message.ts";
import { type TimestampUnit, userIdOf, writeEnvelope } from "./webhook-message.ts";

export interface WebhookSenderOptions {
  readonly instanceId: string;
  readonly makeId: MakeId;
  readonly random: Random;
  /** The maximum number of concurrent POSTs. */
  readonly concurrency: number;
  readonly attemptTimeoutMs: number;
  /** Multiplies the delays between attempts; 1 is Svix's own schedule of 27 hours. */
  readonly retryScale: number;
  /** The minimum number of settled messages that are remembered; the maximum is twice as high. */
  readonly rememberedMessages: number;
}

/**
 * Sends every event to one endpoint, as Svix does for Clerk: at least once (except for faults and exhausted retries), in
 * no order, each message independently. All random decisions are made when an event arrives, so that the same seed and
 * the same events give the same messages with the same faults, whatever the endpoint responds.
 */
export class WebhookSender {
  readonly #options: WebhookSenderOptions;
  readonly #scheduler: DeliveryScheduler;
  readonly #poster: Poster;
  readonly #log: MessageLog;
  #connection: { readonly endpoint: WebhookEndpoint; readonly signHeaders: SignHeaders } | null = null;
  #faults: WebhookFaults = noFaults;
  #unit: TimestampUnit = "milliseconds";
  #pending = 0;
  #waiters: PromiseWithResolvers<void>[] = [];

  constructor(options: WebhookSenderOptions) {
    this.#options = options;
    this.#scheduler = new DeliveryScheduler(options.concurrency);
    this.#poster = createPoster(options.concurrency, options.attemptTimeoutMs);
    this.#log = new MessageLog(options.rememberedMessages);
  }

  /** Sends to this endpoint from the next attempt on, including retries. Throws for a malformed URL or secret. */
  connect(endpoint: WebhookEndpoint): void {
    this.#connection = { endpoint, signHeaders: createHeaderSigner(endpoint) };
  }

  /** From now on new messages are recorded as `unsent`. Pending ones are retried until there is an endpoint. */
  disconnect(): void {
    this.#connection = null;
  }

  get endpoint(): WebhookEndpoint | null {
    return this.#connection?.endpoint ?? null;
  }

  get faults(): WebhookFaults {
    return this.#faults;
  }

  /** Changes the given faults for the messages of later events. */
  setFaults(faults: Partial<WebhookFaults>): void {
    this.#faults = { ...this.#faults, ...faults };
  }

  get timestampUnit(): TimestampUnit {
    return this.#unit;
  }

  setTimestampUnit(unit: TimestampUnit): void {
    this.#unit = unit;
  }

  get paused(): boolean {
    return this.#scheduler.paused;
  }

  /** Collects messages instead of sending them. */
  pause(): void {
    this.#scheduler.pause();
  }

  /** Sends the collected messages and continues. */
  resume(): void {
    this.#scheduler.resume();
  }

  /** The number of pending messages: waiting, running or to be retried. */
  pending(): number {
    return this.#pending;
  }

  /** Resolves once no message is pending. Rejects if the emulator stops before. */
  settled(): Promise<void> {
    if (this.#pending === 0) return Promise.resolve();
    const waiter = Promise.withResolvers<void>();
    this.#waiters.push(waiter);
    return waiter.promise;
  }

  /** The messages so far, oldest first: all pending and the latest settled ones. The objects are live. */
  messages(): readonly WebhookMessage[] {
    return this.#log.all();
  }

  send(event: ClerkEvent): void {
    this.sendBody(writeEnvelope(event, this.#options.instanceId, this.#unit), event.type, userIdOf(event));
  }

  /** Sends any body as a signed message, including bodies that Clerk would never send. */
  sendBody(body: string, type = "", userId = ""): WebhookMessage {
    const id = this.#options.makeId("msg");
    const message: LoggedMessage = { id, type, userId, body, state: "pending", attempts: [], openDeliveries: 0 };
    this.#log.add(message);
    const delays = planDeliveries(this.#faults, this.#options.random);
    if (this.#connection === null) this.#settle(message, "unsent");
    else if (delays.length === 0) this.#settle(message, "lost");
    else this.#deliver(message, delays);
    return message;
  }

  /** Sends a message again under its id, at once and without faults. False if it is unknown or no longer remembered. */
  replay(messageId: string): boolean {
    const message = this.#log.get(messageId);
    if (message === undefined) return false;
    this.#deliver(message, [0]);
    return true;
  }

  /** Closes all connections and discards pending messages. */
  async stop(): Promise<void> {
    this.#poster.close();
    await this.#scheduler.stop();
    for (const waiter of this.#waiters) waiter.reject(new Error("The emulator stopped with messages pending."));
    this.#waiters = [];
  }

  #deliver(message: LoggedMessage, delays: readonly number[]): void {
    if (message.openDeliveries === 0) this.#pending += 1;
    message.state = "pending";
    message.openDeliveries += delays.length;
    for (const delayMs of delays) this.#scheduler.submit(() => this.#attempt(message, 1), delayMs);
  }

  async #attempt(message: LoggedMessage, attempt: number): Promise<void> {
    const at = Date.now();
    const result = await this.#post(message, at);
    message.attempts.push({
      at,
      status: result.kind === "answered" ? result.status : null,
      reason: result.kind === "failed" ? result.reason : null,
    });
    const step = decideAfterAttempt(result, attempt, this.#options.retryScale);
    switch (step.next) {
      case "retry":
        this.#scheduler.submit(() => this.#attempt(message, attempt + 1), step.delayMs);
        return;
      case "delivered":
        this.#close(message, "delivered");
        return;
      case "aborted":
        this.#close(message, "aborted");
        return;
      case "exhausted":
        this.#close(message, "failed");
    }
  }

  async #post({ id, body }: WebhookMessage, at: number): Promise<AttemptResult> {
    if (this.#connection === null) return { kind: "failed", reason: "no endpoint" };
    const { endpoint, signHeaders } = this.#connection;
    return this.#poster.post(endpoint.url, signHeaders(id, new Date(at), body), body);
  }

  /** Finishes one delivery of a message. The last delivery decides its state, unless an earlier one was accepted. */
  #close(message: LoggedMessage, state: MessageState): void {
    message.openDeliveries -= 1;
    const accepted = state === "delivered" || message.attempts.some(({ status }) => status !== null && status < 300);
    if (message.openDeliveries > 0) return;
    this.#pending -= 1;
    this.#settle(message, accepted ? "delivered" : state);
    if (this.#pending > 0) return;
    for (const waiter of this.#waiters) waiter.resolve();
    this.#waiters = [];
  }

  #settle(message: LoggedMessage, state: MessageState): void {
    message.state = state;
    this.#log.settle(message);
  }
}
