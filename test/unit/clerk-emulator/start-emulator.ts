import { generateKeyPairSync } from "node:crypto";
import { type ClerkClient, createClerkClient } from "@clerk/backend";
import { onTestFinished } from "vitest";
import {
  type ClerkEmulator,
  type ClerkEmulatorOptions,
  startClerkEmulator,
} from "../../../dev/clerk/start-clerk-emulator.ts";

// Making a key takes longer than most tests do, so that each test file makes one.
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** An emulator and the real SDK talking to it, until the test ends. */
export async function startEmulator(
  options: ClerkEmulatorOptions = {},
): Promise<{ emulator: ClerkEmulator; clerk: ClerkClient }> {
  const emulator = await startClerkEmulator({ signingKey: privateKey, ...options });
  onTestFinished(() => emulator.stop());
  return { emulator, clerk: createClerkClient({ secretKey: emulator.secretKey, apiUrl: emulator.url }) };
}
