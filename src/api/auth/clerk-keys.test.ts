import { generateKeyPairSync } from "node:crypto";
import { pino } from "pino";
import { describe, expect, onTestFinished, test } from "vitest";
import { startClerkEmulator } from "clerk-emulator";
import { createClerkKeySet } from "./clerk-keys.ts";
import { type Fault, startFaultyClerk } from "../../../test/support/clerk/faulty-clerk.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const log = pino({ level: "silent" });
const second = 1_000;
const minute = 60 * second;

async function openKeys() {
  const emulator = await startClerkEmulator();
  onTestFinished(() => emulator.stop());
  const clerk = await startFaultyClerk(emulator.url);
  onTestFinished(() => clerk[Symbol.asyncDispose]());
  let time = 0;
  const findKey = createClerkKeySet({ secretKey: emulator.secretKey, apiUrl: clerk.url, log, now: () => time });
  const known = { outcome: "found", pem: emulator.jwtKey };
  const pass = (ms: number) => void (time += ms);
  return { clerk, findKey, keyId: emulator.instanceId, known, pass };
}
const fails: Fault = { kind: "answer", status: 500 };

/** A response of `/v1/jwks` with one key of this id. */
function keySetOf(keyId: string, modulusLength = 2_048): Fault {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength });
  const keys = [{ ...publicKey.export({ format: "jwk" }), kid: keyId, alg: "RS256", use: "sig" }];
  return { kind: "answer", status: 200, body: JSON.stringify({ keys }) };
}

describe("Clerk's public keys", () => {
  test("are fetched once for concurrent lookups", async () => {
    const { clerk, findKey, keyId, known } = await openKeys();
    const found = await Promise.all(Array.from({ length: 100 }, () => findKey(keyId)));
    expect(new Set(found.map((key) => JSON.stringify(key)))).toEqual(new Set([JSON.stringify(known)]));
    expect(clerk.requests).toHaveLength(1);
  });

  test("cost Clerk one request in 30 seconds, however many invented key ids arrive", async () => {
    const { clerk, findKey, keyId, pass } = await openKeys();
    await findKey(keyId);
    const guess = async (round: number) => {
      const guesses = Array.from({ length: 100 }, (_, index) => findKey(`guess_${round}_${index}`));
      expect(new Set((await Promise.all(guesses)).map(({ outcome }) => outcome))).toEqual(new Set(["unknown"]));
    };
    await guess(1);
    expect(clerk.requests).toHaveLength(1);
    pass(30 * second);
    await guess(2);
    await guess(3);
    expect(clerk.requests).toHaveLength(2);
  });

  test("include a new key of Clerk within 30 seconds", async () => {
    const { clerk, findKey, keyId, pass } = await openKeys();
    await findKey(keyId);
    clerk.failWhen(() => keySetOf("ins_new"));
    expect(await findKey("ins_new")).toEqual({ outcome: "unknown" });
    pass(30 * second);
    expect(await findKey("ins_new")).toMatchObject({ outcome: "found" });
  });

  test("drop a key that Clerk withdrew on the first use five minutes after the last fetch", async () => {
    const { clerk, findKey, keyId, known, pass } = await openKeys();
    await findKey(keyId);
    clerk.failWhen(() => keySetOf("ins_new"));
    pass(5 * minute);
    expect(await findKey(keyId)).toEqual(known);
    await waitFor("the key is withdrawn", async () => (await findKey(keyId)).outcome === "unknown");
    expect(clerk.requests).toHaveLength(2);
  });

  test("keep working while Clerk is unavailable; a key not yet fetched is then unavailable, not unknown", async () => {
    const { clerk, findKey, keyId, known, pass } = await openKeys();
    await findKey(keyId);
    clerk.failWhen(() => fails);
    pass(60 * minute);
    expect(await findKey("ins_new")).toMatchObject({ outcome: "unavailable" });
    expect(await findKey(keyId)).toEqual(known);
  });

  test("are requested once a second, not at every lookup, while none is known and Clerk fails", async () => {
    const { clerk, findKey, keyId, known, pass } = await openKeys();
    clerk.failWhen(() => fails);
    for (let round = 0; round < 50; round += 1) expect((await findKey(keyId)).outcome).toBe("unavailable");
    expect(clerk.requests).toHaveLength(1);
    clerk.failWhen(() => undefined);
    pass(second);
    expect(await findKey(keyId)).toEqual(known);
  });

  test.each<[what: string, fault: Fault]>([
    ["hangs", { kind: "hang" }],
    ["closes the connection", { kind: "cut" }],
    ["redirects", { kind: "answer", status: 302, headers: { location: "http://127.0.0.1:9/" } }],
    ["answers nonsense", { kind: "answer", status: 200, body: "<html>" }],
    ["answers without keys", { kind: "answer", status: 200, body: "{}" }],
  ])("are unavailable, not unknown, within seconds when Clerk %s", async (_, fault) => {
    const { clerk, findKey, keyId } = await openKeys();
    clerk.failWhen(() => fault);
    expect(await findKey(keyId)).toMatchObject({ outcome: "unavailable" });
  });

  test("exclude a key that the SDK cannot use", async () => {
    const { clerk, findKey } = await openKeys();
    clerk.failWhen(() => keySetOf("ins_small", 1_024));
    expect(await findKey("ins_small")).toEqual({ outcome: "unknown" });
  });
});
