import { afterAll, beforeAll, expect, test } from "vitest";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { type Bridge, openBridge } from "../../support/bridge/bridge.ts";
import { expectedUsers, makeUser, userMessage } from "../../support/clerk/clerk-messages.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { sendAll } from "../../support/clerk/send-webhook.ts";

const resources = new AsyncDisposableStack();
let bridge: Bridge;
let api: BridgeProcess;

beforeAll(async () => {
  bridge = resources.use(await openBridge());
  api = await bridge.startApi();
  await bridge.startWorker();
});
afterAll(() => resources.disposeAsync());

test("a message delivered 50 times, one after the other or concurrently, publishes one event", async () => {
  const sequential = userMessage("user.created", makeUser(), 1);
  const concurrent = userMessage("user.created", makeUser(), 1);
  const fifty = Array.from({ length: 50 });
  await sendAll(
    api.url,
    fifty.map(() => sequential.message),
    1,
  );
  await sendAll(
    api.url,
    fifty.map(() => concurrent.message),
    50,
  );
  await bridge.waitUntilIdle();
  const events = await expectExactlyOnce(bridge, expectedUsers([sequential, concurrent]));
  const sources = events.map(({ headers }) => headers["svix-id"]);
  expect(sources).toHaveLength(2);
  expect(new Set(sources)).toEqual(new Set([sequential.message.id, concurrent.message.id]));
});
