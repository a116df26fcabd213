import type { Random } from "../seeded-random.ts";
import { Webhook } from "svix";

/** Faults between Clerk and the endpoint, in addition to failures of the endpoint itself. */
export interface WebhookFaults {
  /** The probability (0 to 1) that a message is delivered twice, under the same id. */
  readonly duplicateProbability: number;
  /** The probability (0 to 1) that a message is never delivered, unless replayed. */
  readonly lossProbability: number;
  /** The delay of a delivery in milliseconds, random for each one. A wide range reorders messages. */
  readonly delayMs: { readonly min: number; readonly max: number };
}

export const noFaults: WebhookFaults = { duplicateProbability: 0, lossProbability: 0, delayMs: { min: 0, max: 0 } };

/**
 * The delays in milliseconds of the deliveries of one message. No delivery means that the message is lost. Draws the same
 * random numbers whatever the faults are, so that the result depends only on the message's position in the history.
 */
export function planDeliveries(faults: WebhookFaults, random: Random): number[] {
  const lost = random.chance(faults.lossProbability);
  const duplicated = random.chance(faults.duplicateProbability);
  const delays = [0, 1].map(() => random.between(faults.delayMs.min, faults.delayMs.max));
  if (lost) return [];
  return duplicated ? delays : delays.slice(0, 1);
}

/** The result of one POST to the endpoint. */
export type AttemptResult =
  | { readonly kind: "answered"; readonly status: number; readonly control: string | null }
  | { readonly kind: "failed"; readonly reason: string };

export type NextStep =
  | { readonly next: "delivered" }
  | { readonly next: "aborted" }
  | { readonly next: "exhausted" }
  | { readonly next: "retry"; readonly delayMs: number };

/**
 * Svix's retry schedule (https://docs.svix.com/retries): the delay between an attempt and the one before it.
 *
 * | attempt |    1 |   2 |     3 |      4 |   5 |   6 |    7 |    8 |
 * | ------- | ---: | --: | ----: | -----: | --: | --: | ---: | ---: |
 * | delay   | none | 5 s | 5 min | 30 min | 2 h | 5 h | 10 h | 10 h |
 */
const RETRY_DELAYS_MS = [5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600].map((s) => s * 1000);

/**
 * What Svix does after an attempt (the first is 1). Only 2xx counts as delivered: redirects and all 4xx are retried like
 * 5xx. An endpoint ends the retries of a message with the response header `webhook-delivery: abort-message`.
 */
export function decideAfterAttempt(result: AttemptResult, attempt: number, retryScale: number): NextStep {
  if (result.kind === "answered" && result.status >= 200 && result.status < 300) return { next: "delivered" };
  if (result.kind === "answered" && result.control === "abort-message") return { next: "aborted" };
  const waitMs = RETRY_DELAYS_MS[attempt - 1];
  return waitMs === undefined ? { next: "exhausted" } : { next: "retry", delayMs: waitMs * retryScale };
}

export interface WebhookEndpoint {
  readonly url: string;
  /** `whsec_…`. During a rotation there are several, and each message has a signature for each. */
  readonly secret: string | readonly string[];
}

/** The headers of one attempt: the message id, the time of the attempt and a signature for each secret. */
export type SignHeaders = (messageId: string, at: Date, body: string) => Record<string, string>;

/** Throws for a malformed secret or URL, so that it is noticed before the first attempt. */
export function createHeaderSigner({ url, secret }: WebhookEndpoint): SignHeaders {
  if (!URL.canParse(url)) throw new TypeError(`The endpoint's URL is malformed: ${url}`);
  const signers = [secret].flat().map((each) => new Webhook(each));
  return (messageId, at, body) => ({
    "content-type": "application/json",
    "user-agent": "Svix-Webhooks/clerk-emulator",
    "svix-id": messageId,
    "svix-timestamp": String(Math.floor(at.getTime() / 1000)),
    "svix-signature": signers.map((signer) => signer.sign(messageId, at, body)).join(" "),
  });
}
