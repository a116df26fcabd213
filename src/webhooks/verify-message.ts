import { WebhookVerificationError } from "svix";
import { ConfigError } from "../shared/errors.ts";
import { OpenSslWebhook } from "./open-ssl-webhook.ts";

/** A message whose signature was checked. Nothing else makes one, and what comes after accepts nothing else. */
export class VerifiedMessage {
  readonly id: string;
  // Private, so that nothing of the same shape passes for a verified message.
  readonly #body: string;

  private constructor(id: string, body: string) {
    this.id = id;
    this.#body = body;
  }

  /** The message of a dead letter: its signature was checked before it was put aside. */
  static kept({ id, body }: { readonly id: string; readonly body: string }): VerifiedMessage {
    return new VerifiedMessage(id, body);
  }

  /** The raw bytes as UTF-8, nothing parsed and nothing trimmed. */
  get body(): string {
    return this.#body;
  }

  /** Makes one when any of the webhooks (one for each signing secret) accepts the signature. */
  static verify(webhooks: readonly OpenSslWebhook[], headers: SignatureHeaders, body: string): Verification {
    const { id, timestamp, signature } = headers;
    if (!id || !timestamp || !signature) return { outcome: "rejected", reason: "missing_headers" };
    const signed = { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature };
    let reason: RejectionReason = "bad_signature";
    for (const webhook of webhooks) {
      try {
        webhook.verify(body, signed, { jsonParse: false });
        return { outcome: "verified", message: new VerifiedMessage(id, body) };
      } catch (error) {
        if (!(error instanceof WebhookVerificationError)) throw error;
        reason = reasonOf(error);
      }
    }
    return { outcome: "rejected", reason };
  }
}

export interface SignatureHeaders {
  readonly id: string | undefined;
  readonly timestamp: string | undefined;
  readonly signature: string | undefined;
}

export type RejectionReason = "missing_headers" | "bad_timestamp" | "bad_signature";
export type Verification =
  | { readonly outcome: "verified"; readonly message: VerifiedMessage }
  | { readonly outcome: "rejected"; readonly reason: RejectionReason };

export type Verifier = (headers: SignatureHeaders, body: string) => Verification;

/**
 * Verifies messages by any of the signing secrets (several while one is being rotated). The time-stamp may be 5 minutes
 * off either way. Throws {@link ConfigError} when a secret is not one: a wrong one must stop the start-up, not the messages.
 */
export function createVerifier(secrets: readonly [string, ...string[]]): Verifier {
  const webhooks = secrets.map(createWebhook);
  return (headers, body) => VerifiedMessage.verify(webhooks, headers, body);
}

function createWebhook(secret: string, index: number): OpenSslWebhook {
  try {
    return new OpenSslWebhook(secret);
  } catch {
    throw new ConfigError(`CLERK_WEBHOOK_SECRET: number ${index + 1} is not a signing secret (whsec_ and base64)`);
  }
}

function reasonOf(error: WebhookVerificationError): RejectionReason {
  return /timestamp|Invalid Signature Headers/.test(error.message) ? "bad_timestamp" : "bad_signature";
}
