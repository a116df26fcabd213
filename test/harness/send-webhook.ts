import { Webhook } from "svix";
import type { ClerkMessage } from "./clerk-messages.ts";

/** `whsec_…` that fits nothing but tests. */
export const webhookSecret = `whsec_${Buffer.from("the signing secret of the tests").toString("base64")}`;

export type HeaderFamily = "svix" | "webhook";

/** The headers that Svix sends with a message, signed now unless told otherwise. */
export function signatureHeaders(
  { id, body }: ClerkMessage,
  {
    secret = webhookSecret,
    at = new Date(),
    family = "svix",
  }: { secret?: string; at?: Date; family?: HeaderFamily } = {},
): Record<string, string> {
  return {
    "content-type": "application/json",
    [`${family}-id`]: id,
    [`${family}-timestamp`]: String(Math.floor(at.getTime() / 1_000)),
    [`${family}-signature`]: new Webhook(secret).sign(id, at, body),
  };
}

/** Posts a message, signed; resolves with the status. Rejects when nobody answers. */
export async function send(apiUrl: string, message: ClerkMessage): Promise<number> {
  return post(apiUrl, message.body, signatureHeaders(message));
}

export async function post(
  apiUrl: string,
  body: string | Uint8Array<ArrayBuffer> | ReadableStream,
  headers: Record<string, string>,
): Promise<number> {
  const response = await fetch(`${apiUrl}/webhooks/clerk`, {
    method: "POST",
    body,
    headers,
    signal: AbortSignal.timeout(10_000),
  });
  await response.arrayBuffer();
  return response.status;
}

/** Sends messages in their order, at most so many at a time, and expects that each is accepted. */
export async function sendAll(apiUrl: string, messages: readonly ClerkMessage[], atOnce = 16): Promise<void> {
  const queue = messages.values();
  const sendNext = async () => {
    for (const message of queue) {
      const status = await send(apiUrl, message);
      if (status !== 204) throw new Error(`The API answered ${status} to ${message.id}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, sendNext));
}
