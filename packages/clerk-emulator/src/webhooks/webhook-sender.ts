import type { MakeId } from "../instance/instance.ts";
import type { Random } from "../seeded-random.ts";
import type { ClerkEvent } from "../resources/event.ts";
import { DeliveryLanes } from "./delivery-lanes.ts";
import { noFaults, planDeliveries, type WebhookFaults } from "./webhook-endpoint.ts";
import { type AttemptResult, judgeAttempt } from "./webhook-endpoint.ts";
import { type LoggedMessage, MessageLog } from "./webhook-message.ts";
import { createPoster, type Poster } from "./post-message.ts";
import { createHeaderSigner, type SignHeaders, type WebhookEndpoint } from "./webhook-endpoint.ts";
import type { MessageState, WebhookMessage } from "./webhook-message.ts";
import { type TimestampUnit, userIdOf, writeEnvelope } from "./webhook-message.ts";

export interface WebhookSenderOptions {
  readonly instanceId: string;
  readonly makeId: MakeId;
  readonly random: Random;
  /** How many POSTs run at a time. */
  readonly concurrency: number;
  readonly attemptTimeoutMs: number;
  /** Multiplies the waits between attempts; 1 is Svix's own timetable of 27 hours. */
  readonly retryScale: number;
  /** At least so many messages that have come to an end are remembered, at most twice as many. */
  readonly rememberedMessages: number;
}

/**
 * Tells one endpoint of every event, as Svix does for Clerk: at least once (faults and the end of the timetable aside),
 * in no order, each message on its own. What it decides by chance it decides when an event comes in, so that the same
 * seed and the same events give the same messages with the same fate, whatever the endpoint answers.
 */
export class WebhookSender {
  readonly #options: WebhookSenderOptions;
  readonly #lanes: DeliveryLanes;
  readonly #poster: Poster;
  readonly #log: MessageLog;
  #connection: { readonly endpoint: WebhookEndpoint; readonly signHeaders: SignHeaders } | null = null;
  #faults: WebhookFaults = noFaults;
  #unit: TimestampUnit = "milliseconds";
  #pending = 0;
  #waiters: PromiseWithResolvers<void>[] = [];

  constructor(options: WebhookSenderOptions) {
    this.#options = options;
    this.#lanes = new DeliveryLanes(options.concurrency);
    this.#poster = createPoster(options.concurrency, options.attemptTimeoutMs);
    this.#log = new MessageLog(options.rememberedMessages);
  }

  /** Messages go there from the next attempt on, retries of older messages too. Throws for a malformed URL or secret. */
  connect(endpoint: WebhookEndpoint): void {
    this.#connection = { endpoint, signHeaders: createHeaderSigner(endpoint) };
  }

  /** From now on messages are written down as `unsent`; those under way are retried until there is an endpoint. */
  disconnect(): void {
    this.#connection = null;
  }

  get endpoint(): WebhookEndpoint | null {
    return this.#connection?.endpoint ?? null;
  }

  get faults(): WebhookFaults {
    return this.#faults;
  }

  /** Changes what is named, for the messages of events to come. */
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
    return this.#lanes.paused;
  }

  /** Collects messages instead of sending them. */
  pause(): void {
    this.#lanes.pause();
  }

  /** Sends what was collected, and goes on. */
  resume(): void {
    this.#lanes.resume();
  }

  /** How many messages are waiting, under way or to be tried again. */
  pending(): number {
    return this.#pending;
  }

  /** Resolves as soon as no message is pending, at once when none is. Rejects when the emulator stops before. */
  settled(): Promise<void> {
    if (this.#pending === 0) return Promise.resolve();
    const waiter = Promise.withResolvers<void>();
    this.#waiters.push(waiter);
    return waiter.promise;
  }

  /** The messages so far, oldest first: all that are pending and the latest of the others. They live: states move on. */
  messages(): readonly WebhookMessage[] {
    return this.#log.all();
  }

  send(event: ClerkEvent): void {
    this.sendBody(writeEnvelope(event, this.#options.instanceId, this.#unit), event.type, userIdOf(event));
  }

  /** Sends any body as a message, signed like all others: what Clerk would never send, or does not send yet. */
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

  /** Sends a message again under its old id, at once and without faults. False when it is unknown or forgotten. */
  replay(messageId: string): boolean {
    const message = this.#log.get(messageId);
    if (message === undefined) return false;
    this.#deliver(message, [0]);
    return true;
  }

  /** Cuts all connections and forgets what is pending. */
  async stop(): Promise<void> {
    this.#poster.close();
    await this.#lanes.stop();
    for (const waiter of this.#waiters) waiter.reject(new Error("The emulator stopped with messages pending."));
    this.#waiters = [];
  }

  #deliver(message: LoggedMessage, delays: readonly number[]): void {
    if (message.openDeliveries === 0) this.#pending += 1;
    message.state = "pending";
    message.openDeliveries += delays.length;
    for (const delayMs of delays) this.#lanes.submit(() => this.#attempt(message, 1), delayMs);
  }

  async #attempt(message: LoggedMessage, attempt: number): Promise<void> {
    const at = Date.now();
    const result = await this.#post(message, at);
    message.attempts.push({
      at,
      status: result.kind === "answered" ? result.status : null,
      reason: result.kind === "failed" ? result.reason : null,
    });
    const verdict = judgeAttempt(result, attempt, this.#options.retryScale);
    switch (verdict.next) {
      case "retry":
        this.#lanes.submit(() => this.#attempt(message, attempt + 1), verdict.delayMs);
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

  /** One delivery of a message came to an end; of several the last one decides, unless another was taken. */
  #close(message: LoggedMessage, state: MessageState): void {
    message.openDeliveries -= 1;
    const taken = state === "delivered" || message.attempts.some(({ status }) => status !== null && status < 300);
    if (message.openDeliveries > 0) return;
    this.#pending -= 1;
    this.#settle(message, taken ? "delivered" : state);
    if (this.#pending > 0) return;
    for (const waiter of this.#waiters) waiter.resolve();
    this.#waiters = [];
  }

  #settle(message: LoggedMessage, state: MessageState): void {
    message.state = state;
    this.#log.settle(message);
  }
}
