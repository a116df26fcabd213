import type { Random } from "../seeded-random.ts";
import { Webhook } from "svix";

/** What goes wrong between Clerk and the endpoint, beyond what the endpoint itself does. */
export interface WebhookFaults {
  /** 0 to 1: a message is delivered twice, under the same id. */
  readonly duplicateProbability: number;
  /** 0 to 1: a message is never delivered, unless replayed. */
  readonly lossProbability: number;
  /** Each delivery waits this long, drawn anew for each; a wide range reorders. Milliseconds. */
  readonly delayMs: { readonly min: number; readonly max: number };
}

export const noFaults: WebhookFaults = { duplicateProbability: 0, lossProbability: 0, delayMs: { min: 0, max: 0 } };

/**
 * The fate of one message: how long each of its deliveries waits (milliseconds), none meaning that it is lost. Draws the
 * same numbers whatever the faults are, so that the fate of a message depends on its place in the history only.
 */
export function planDeliveries(faults: WebhookFaults, random: Random): number[] {
  const lost = random.chance(faults.lossProbability);
  const duplicated = random.chance(faults.duplicateProbability);
  const delays = [0, 1].map(() => random.between(faults.delayMs.min, faults.delayMs.max));
  if (lost) return [];
  return duplicated ? delays : delays.slice(0, 1);
}

/** What came of one POST to the endpoint. */
export type AttemptResult =
  | { readonly kind: "answered"; readonly status: number; readonly control: string | null }
  | { readonly kind: "failed"; readonly reason: string };

export type Verdict =
  | { readonly next: "delivered" }
  | { readonly next: "aborted" }
  | { readonly next: "exhausted" }
  | { readonly next: "retry"; readonly delayMs: number };

/**
 * Svix's timetable (https://docs.svix.com/retries): how long after the attempt before it an attempt is made.
 *
 * | attempt |    1 |   2 |     3 |      4 |   5 |   6 |    7 |    8 |
 * | ------- | ---: | --: | ----: | -----: | --: | --: | ---: | ---: |
 * | waits   | none | 5 s | 5 min | 30 min | 2 h | 5 h | 10 h | 10 h |
 */
const WAITS_BEFORE_RETRY_MS = [5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 10 * 3600].map((s) => s * 1000);

/**
 * What Svix does after an attempt (the first is 1). Only 2xx counts as delivered: redirects and all of 4xx are tried
 * again like 5xx. An endpoint ends the retries of a message by answering `webhook-delivery: abort-message`.
 */
export function judgeAttempt(result: AttemptResult, attempt: number, retryScale: number): Verdict {
  if (result.kind === "answered" && result.status >= 200 && result.status < 300) return { next: "delivered" };
  if (result.kind === "answered" && result.control === "abort-message") return { next: "aborted" };
  const waitMs = WAITS_BEFORE_RETRY_MS[attempt - 1];
  return waitMs === undefined ? { next: "exhausted" } : { next: "retry", delayMs: waitMs * retryScale };
}

export interface WebhookEndpoint {
  readonly url: string;
  /** `whsec_…`; several while one is rotated: then each message carries a signature by each. */
  readonly secret: string | readonly string[];
}

/** The headers of one attempt: the id of the message, the time of the attempt, a signature by each secret. */
export type SignHeaders = (messageId: string, at: Date, body: string) => Record<string, string>;

/** Throws when a secret is malformed, or the URL: better here than at each attempt. */
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
