import { Webhook } from "svix";
import { z } from "zod";
import type { ClerkMessage } from "./clerk-messages.ts";

/** The signing secret (`whsec_…`) of the tests. */
export const webhookSecret = `whsec_${Buffer.from("the signing secret of the tests").toString("base64")}`;

export type HeaderFamily = "svix" | "webhook";

/** The headers that Svix sends with a message, signed with the current time by default. */
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
  /** The stable code of an error response. */
  readonly code: string | undefined;
}

/** Signs and posts a message. Rejects without a response. */
export const send = (apiUrl: string, message: ClerkMessage): Promise<Answer> =>
  post(apiUrl, message.body, signatureHeaders(message));

const errorSchema = z.object({ error: z.string(), code: z.string(), requestId: z.string() });

/** Posts any body and headers. A stream is sent in chunks, without Content-Length. */
export async function post(
  apiUrl: string,
  body: string | ReadableStream,
  headers: Readonly<Record<string, string>>,
  path = "/webhooks/clerk",
): Promise<Answer> {
  const response = await fetch(`${apiUrl}${path}`, {
    method: "POST",
    body,
    headers,
    duplex: "half",
    signal: AbortSignal.timeout(10_000),
  });
  const text = await response.text();
  return { status: response.status, code: text === "" ? undefined : errorSchema.parse(JSON.parse(text)).code };
}

/** Sends messages in order, at most `concurrency` at a time. Throws unless each is accepted. */
export async function sendAll(apiUrl: string, messages: readonly ClerkMessage[], concurrency = 16): Promise<void> {
  const queue = messages.values();
  const sendNext = async () => {
    for (const message of queue) {
      const { status } = await send(apiUrl, message);
      if (status !== 204) throw new Error(`The API answered ${status} to ${message.id}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, sendNext));
}
