import { generateKeyPairSync } from "node:crypto";
import { type ClerkClient, createClerkClient } from "@clerk/backend";
import { onTestFinished } from "vitest";
import { type ClerkEmulator, type ClerkEmulatorOptions, startClerkEmulator } from "../src/start-clerk-emulator.ts";

// Generating a key takes longer than most tests, so each test file generates one.
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

interface Started {
  readonly emulator: ClerkEmulator;
  readonly clerk: ClerkClient;
  /** Sends a request that the SDK cannot send. The path begins with a slash. */
  readonly request: (method: string, path: string, body?: unknown) => Promise<Response>;
}

/** Starts an emulator with the real SDK as its client, until the test ends. */
export async function startEmulator(options: ClerkEmulatorOptions = {}): Promise<Started> {
  const emulator = await startClerkEmulator({ signingKey: privateKey, ...options });
  onTestFinished(() => emulator.stop());
  const request = (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(`${emulator.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${emulator.secretKey}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
  return { emulator, clerk: createClerkClient({ secretKey: emulator.secretKey, apiUrl: emulator.url }), request };
}
