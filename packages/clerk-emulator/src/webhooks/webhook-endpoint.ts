import { Webhook } from "svix";

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
