import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import { Webhook as Standard } from "standardwebhooks";
import { Webhook as Svix, WebhookVerificationError } from "svix";
import type { DeadLetter } from "../queue/dead-letters.ts";
import { ConfigError } from "../shared/errors.ts";

const prefix = /^whsec_/;
const probe = ["msg_probe", new Date(1_700_000_000_000), '{"é":"𝒳"}'] as const;

/**
 * Svix's verification with an HMAC that OpenSSL computes. Svix's `Webhook` delegates to the library extended here, which is Svix's own
 * and computes SHA-256 in JavaScript, about five times slower (ADR 5). Headers, tolerance and comparison stay the library's.
 */
export class OpenSslWebhook extends Standard {
  readonly #key: KeyObject;

  /** Throws when the secret is invalid (not `whsec_` and base64), or when Svix itself signs differently with it. */
  constructor(secret: string) {
    super(secret);
    this.#key = createSecretKey(Buffer.from(secret.replace(prefix, ""), "base64"));
    if (this.sign(...probe) !== new Svix(secret).sign(...probe))
      throw new Error("Svix signs differently with this secret");
  }

  override sign(id: string, timestamp: Date, payload: string | Buffer): string {
    const seconds = Math.floor(timestamp.getTime() / 1_000);
    const hmac = createHmac("sha256", this.#key).update(`${id}.${seconds}.${payload.toString()}`);
    return `v1,${hmac.digest("base64")}`;
  }
}

const verified = Symbol("verified");

/** A message whose signature was verified. Only this module can make one, because the symbol is not exported. */
export interface VerifiedMessage {
  readonly [verified]: true;
  readonly id: string;
  /** The raw bytes as UTF-8, not parsed and not trimmed. */
  readonly body: string;
}

/** The webhook's message in a dead letter of the receiver, which verified its signature before storing it. */
export function messageOfDeadLetter({ id, body }: DeadLetter & { readonly stage: "received" }): VerifiedMessage {
  return { [verified]: true, id, body };
}

/** Accepts a message when any of the webhooks, one for each signing secret, accepts its signature. */
function verify(webhooks: readonly OpenSslWebhook[], headers: SignatureHeaders, body: string): Verification {
  const { id, timestamp, signature } = headers;
  if (!id || !timestamp || !signature) return { outcome: "rejected", reason: "missing_headers" };
  const signed = { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature };
  let reason: RejectionReason = "bad_signature";
  for (const webhook of webhooks) {
    try {
      webhook.verify(body, signed, { jsonParse: false });
      return { outcome: "verified", message: { [verified]: true, id, body } };
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error;
      reason = reasonOf(error);
    }
  }
  return { outcome: "rejected", reason };
}

export interface SignatureHeaders {
  readonly id: string | undefined;
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
}

export type RejectionReason = "missing_headers" | "bad_timestamp" | "bad_signature";
type Verification =
  | { readonly outcome: "verified"; readonly message: VerifiedMessage }
  | { readonly outcome: "rejected"; readonly reason: RejectionReason };

export type Verifier = (headers: SignatureHeaders, body: string) => Verification;

/**
 * Verifies messages with any of the signing secrets; there are several while one is rotated. The timestamp may differ by 5 minutes in
 * either direction. Throws a {@link ConfigError} for an invalid secret, so that it stops the start and not the messages.
 */
export function createVerifier(secrets: readonly [string, ...string[]]): Verifier {
  const webhooks = secrets.map(createWebhook);
  return (headers, body) => verify(webhooks, headers, body);
}

/** Standard Webhooks asks for 24 to 64 bytes, and Svix makes 24. */
const minSecretBytes = 24;

function createWebhook(secret: string, index: number): OpenSslWebhook {
  if (Buffer.from(secret.replace(prefix, ""), "base64").length < minSecretBytes) {
    throw new ConfigError(
      `CLERK_WEBHOOK_SECRET: secret ${index + 1} is not a signing secret (whsec_ and base64, at least ${minSecretBytes} bytes)`,
    );
  }
  try {
    return new OpenSslWebhook(secret);
  } catch {
    throw new ConfigError(`CLERK_WEBHOOK_SECRET: secret ${index + 1} is not a signing secret (whsec_ and base64)`);
  }
}

function reasonOf(error: WebhookVerificationError): RejectionReason {
  return /timestamp|Invalid Signature Headers/.test(error.message) ? "bad_timestamp" : "bad_signature";
}
