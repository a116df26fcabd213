import { Webhook } from "svix";
import { z } from "zod";
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

export interface Answer {
  readonly status: number;
  /** The stable code of a refusal. */
  readonly code: string | undefined;
}

/** Posts a message, signed. Rejects when nobody answers. */
export const send = (apiUrl: string, message: ClerkMessage): Promise<Answer> =>
  post(apiUrl, message.body, signatureHeaders(message));

const refusalSchema = z.object({ error: z.string(), code: z.string(), requestId: z.string() });

/** Posts whatever it is given; a stream goes out in chunks, without its length. */
export async function post(
  apiUrl: string,
  body: string | ReadableStream,
  headers: Readonly<Record<string, string>>,
): Promise<Answer> {
  const response = await fetch(`${apiUrl}/webhooks/clerk`, {
    method: "POST",
    body,
    headers,
    duplex: "half",
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  return { status: response.status, code: text === "" ? undefined : refusalSchema.parse(JSON.parse(text)).code };
}

/** Sends messages in their order, at most so many at a time, and expects that each is accepted. */
export async function sendAll(apiUrl: string, messages: readonly ClerkMessage[], atOnce = 16): Promise<void> {
  const queue = messages.values();
  const sendNext = async () => {
    for (const message of queue) {
      const { status } = await send(apiUrl, message);
      if (status !== 204) throw new Error(`The API answered ${status} to ${message.id}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, sendNext));
}
