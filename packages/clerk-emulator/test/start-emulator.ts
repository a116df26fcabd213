import { generateKeyPairSync } from "node:crypto";
import { type ClerkClient, createClerkClient } from "@clerk/backend";
import { onTestFinished } from "vitest";
import { type ClerkEmulator, type ClerkEmulatorOptions, startClerkEmulator } from "../src/start-clerk-emulator.ts";

// Making a key takes longer than most tests do, so that each test file makes one.
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

interface Started {
  readonly emulator: ClerkEmulator;
  readonly clerk: ClerkClient;
  /** A request that the SDK cannot make; the path begins with a slash. */
  readonly request: (method: string, path: string, body?: unknown) => Promise<Response>;
}

/** An emulator and the real SDK talking to it, until the test ends. */
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
