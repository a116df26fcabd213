import { createHmac } from "node:crypto";
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import type { BenchMessage } from "../messages/make-message.ts";

const key = Buffer.from("only the benchmarks sign with it");
/** The signing secret of every receiver here. */
export const webhookSecret: string = `whsec_${key.toString("base64")}`;
/** The path of every receiver here. */
export const webhookPath = "/webhooks/clerk";

/**
 * Writes messages as complete HTTP requests for `replay.lua`: for each one its length in bytes, a line feed and the request.
 * They are signed with the current time, and a signature is valid for 300 s.
 */
export async function writeRequests(file: string, messages: readonly BenchMessage[]): Promise<void> {
  const timestamp = Math.floor(Date.now() / 1_000);
  await pipeline(function* () {
    for (const message of messages) {
      const request = requestOf(message, timestamp);
      yield `${request.length}\n${request}`;
    }
  }, createWriteStream(file));
}

/**
 * The message as a signed HTTP request. `timestamp`: in seconds. It is ASCII only, so that its length is its number of bytes.
 */
export function requestOf({ id, body }: BenchMessage, timestamp: number): string {
  return [
    `POST ${webhookPath} HTTP/1.1`,
    "Host: 127.0.0.1",
    "User-Agent: Svix-Webhooks/1.62.0 (sender-9YMgn; +https://www.svix.com/http-sender/)",
    "Accept: */*",
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
    `svix-id: ${id}`,
    `svix-timestamp: ${timestamp}`,
    // Svix's scheme with Node's native HMAC. `svix` signs in plain JavaScript, which would take tens of seconds per round.
    `svix-signature: v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`,
    "",
    body,
  ].join("\r\n");
}
