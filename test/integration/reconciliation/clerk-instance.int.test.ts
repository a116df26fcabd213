import { randomUUID } from "node:crypto";
import { Redis } from "ioredis";
import { expect, inject, onTestFinished, test } from "vitest";
import { createClerkInstance } from "../../../src/clerk/client/clerk-instance.ts";
import { clerkError, type Fault } from "../../support/clerk/faulty-clerk.ts";
import { openClerkApi } from "../../support/clerk/open-clerk-api.ts";

const is = (id: string): Fault => ({ kind: "answer", status: 200, body: JSON.stringify({ object: "instance", id }) });

/** Two processes of one installation, and a clock that they share. */
async function open() {
  const { clerk, faulty } = await openClerkApi();
  const redis = new Redis(inject("redisUrl"));
  onTestFinished(() => redis.disconnect());
  const redisPrefix = `test-${randomUUID()}`;
  const clock = { now: 1_000 };
  const openProcess = () => createClerkInstance(clerk, { redis, redisPrefix, now: () => clock.now });
  return { first: openProcess(), second: openProcess(), clock, faulty };
}

test("the first instance is remembered, and another one is reported until it is accepted", async () => {
  const { first, second, faulty } = await open();
  faulty.failWhen(() => is("ins_1"));
  expect(await first.check()).toEqual({ outcome: "same" });
  faulty.failWhen(() => is("ins_2"));
  expect(await second.check()).toEqual({ outcome: "changed", known: "ins_1", current: "ins_2" });
  expect(await second.accept()).toBe("ins_2");
  expect(await second.check()).toEqual({ outcome: "same" });
});

test("a look remembers no instance, so that doctor with a wrong key does no harm", async () => {
  const { first, second, faulty } = await open();
  faulty.failWhen(() => is("ins_wrong"));
  expect(await first.check({ onlyLook: true })).toEqual({ outcome: "same" });
  faulty.failWhen(() => is("ins_right"));
  expect(await second.check()).toEqual({ outcome: "same" });
});

test("Clerk is asked once a minute while the instance is the same, and each time while it is not", async () => {
  const { first, second, clock, faulty } = await open();
  faulty.failWhen(() => is("ins_1"));
  await first.check();
  await first.check();
  expect(faulty.requests).toHaveLength(1);
  clock.now += 60_000;
  await first.check();
  expect(faulty.requests).toHaveLength(2);
  faulty.failWhen(() => is("ins_2"));
  await second.check();
  await second.check();
  expect(faulty.requests).toHaveLength(4);
});

test("an outage of Clerk is no answer, and a key without the right to read its instance is unknown", async () => {
  const { first, faulty } = await open();
  faulty.failWhen(() => ({ kind: "answer", status: 500 }));
  await expect(first.check()).rejects.toThrow("Clerk failed to answer");
  faulty.failWhen(() => clerkError(403, "authorization_invalid"));
  expect(await first.check()).toMatchObject({ outcome: "unknown", reason: expect.stringContaining("403") });
});
