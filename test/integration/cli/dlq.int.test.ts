import { afterAll, beforeAll, expect, test } from "vitest";
import { type DeadLetter, createDeadLetters, type DeadLetters } from "../../../src/queue/dead-letters.ts";
import { retryDeadLetter } from "../../../src/inspection/retry-dead-letter.ts";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { type Bridge, openBridge } from "../../support/bridge/bridge.ts";
import {
  clerkUserJson,
  type ClerkMessage,
  expectedUsers,
  makeUser,
  userMessage,
  type UserMessage,
  versionOf,
  writeMessage,
} from "../../support/clerk/clerk-messages.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { sendAll } from "../../support/clerk/send-webhook.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const resources = new AsyncDisposableStack();
const published: UserMessage[] = [];
let bridge: Bridge;
let api: BridgeProcess;
let deadLetters: DeadLetters;

beforeAll(async () => {
  bridge = resources.use(await openBridge());
  deadLetters = createDeadLetters(bridge.redis, bridge.redisPrefix, 60_000);
  [api] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
});
afterAll(() => resources.disposeAsync());

test("`dlq list` prints ids first, and `dlq show` the message, with personal data hidden unless it is asked for", async () => {
  const user = makeUser();
  const nameless = writeMessage("user.updated", { ...clerkUserJson(user, 1), id: "" });
  const undecidable = writeMessage("user.updated", { ...clerkUserJson(user, 1), email_addresses: "none" });
  await sendUnparsable(nameless, undecidable);

  const list = await bridge.runCommand("dlq", "list");
  expect(list.reason).toBe("exit code 0");
  const lines = list.output.trim().split("\n");
  expect(lines).toHaveLength(4);
  expect(lines[0]).toMatch(/^ID +STORED +STAGE +REASON$/);
  expect(lines).toContainEqual(
    expect.stringMatching(new RegExp(`^${nameless.id}  \\S+Z  received  user.updated without a user id$`)),
  );
  expect(lines).toContainEqual(
    expect.stringMatching(new RegExp(`^${undecidable.id}  \\S+Z  queued    email_addresses: invalid_type$`)),
  );
  expect(lines.at(-1)).toBe("2 in total");
  expect(
    (await bridge.runCommand("dlq", "list", "--limit", "1", "--offset", "1")).output.trim().split("\n"),
  ).toHaveLength(3);

  const show = await bridge.runCommand("dlq", "show", undecidable.id);
  expect(show.output).toContain(`"id": "${user.id}"`);
  expect(show.output).toContain('"email_addresses": "none"');
  expect(show.output).toContain(`"first_name": "${Array.from(user.firstName)[0]}…"`);
  const revealed = await bridge.runCommand("dlq", "show", undecidable.id, "--reveal");
  expect(revealed.output).toContain(`"first_name": ${JSON.stringify(user.firstName)}`);
});

test("`dlq retry` keeps a message that still cannot be parsed", async () => {
  const user = makeUser();
  const nameless = writeMessage("user.created", { ...clerkUserJson(user, 1), id: "" });
  const undecidable = writeMessage("user.created", { ...clerkUserJson(user, 1), created_at: "yesterday" });
  await sendUnparsable(nameless, undecidable);
  const { output, reason } = await bridge.runCommand("dlq", "retry", nameless.id, undecidable.id);
  expect(reason).toBe("exit code 2");
  expect(output).toContain(`${nameless.id}  still cannot be parsed: user.created without a user id`);
  expect(output).toContain(`${undecidable.id}  is a dead letter again, for the same reason: created_at: invalid_type`);
  await waitFor(
    "both are stored again",
    async () => (await deadLetters.find(undecidable.id)) && deadLetters.find(nameless.id),
  );
  await expectExactlyOnce(bridge, expectedUsers(published));
});

test("a dead letter that a worker stores again during its retry is kept", async () => {
  const deadLetter = writeDeadLetter("msg_again");
  const again = { ...deadLetter, at: deadLetter.at + 1 };
  await deadLetters.store(deadLetter);
  const queues = { requeue: () => deadLetters.store(again) };
  expect(await retryDeadLetter({ eventFields: [], queues, shardOf: () => 0, deadLetters }, deadLetter)).toEqual({
    outcome: "queued",
  });
  expect(await deadLetters.find(deadLetter.id)).toEqual(again);
  expect(await deadLetters.delete(deadLetter.id)).toBe(true);
});

test("`dlq retry` exits with 3 and keeps the dead letter when the queue refuses its message", async () => {
  await using other = await openBridge({ shards: 1, redisUrl: bridge.redisUrl });
  const stored = createDeadLetters(other.redis, other.redisPrefix, 60_000);
  const deadLetter = writeDeadLetter("msg_refused");
  await stored.store(deadLetter);
  await other.redis.set(`{${other.redisPrefix}:0}:changes:wait`, "no list");
  const { output, reason } = await other.runCommand("dlq", "retry", deadLetter.id);
  expect([reason, output]).toEqual(["exit code 3", expect.stringContaining("Redis refused")]);
  expect(await stored.find(deadLetter.id)).toEqual(deadLetter);
});

test("dead letters older than the retention are deleted when another one is stored", async () => {
  const stored = createDeadLetters(bridge.redis, `${bridge.redisPrefix}-retention`, 1_000);
  await stored.store({ ...writeDeadLetter("msg_old"), at: 1_000 });
  await stored.store({ ...writeDeadLetter("msg_young"), at: 2_500 });
  expect((await stored.list(0, 10)).map(({ id }) => id)).toEqual(["msg_young"]);
  expect(await stored.find("msg_old")).toBeUndefined();
});

test("`dlq retry` publishes a message that can be parsed now exactly once, and deletes its dead letter", async () => {
  const [received, queued] = [userMessage("user.created", makeUser(), 1), userMessage("user.created", makeUser(), 1)];
  const nameless = writeMessage("user.created", { ...dataOf(received), id: "" });
  const undecidable = writeMessage("user.created", { ...dataOf(queued), first_name: 42 });
  await sendUnparsable(nameless, undecidable);
  await repair(nameless, '"id":""', `"id":"${received.userId}"`);
  await repair(undecidable, '"first_name":42', '"first_name":"Ada"');

  const { output, reason } = await bridge.runCommand("dlq", "retry", nameless.id, undecidable.id);
  expect(reason).toBe("exit code 0");
  expect(output).toMatch(
    new RegExp(`^${nameless.id}  published as event \\S+\n${undecidable.id}  published as event \\S+\n$`),
  );
  await bridge.waitUntilIdle();
  published.push(received, queued);
  const events = await expectExactlyOnce(bridge, expectedUsers(published));
  expect(new Set(events.map(({ headers }) => headers["svix-id"]))).toEqual(new Set([nameless.id, undecidable.id]));
  for (const { id } of [nameless, undecidable]) expect(await deadLetters.find(id)).toBeUndefined();
});

test("`dlq drop` asks for confirmation, deletes the named dead letters or all, and says which ids it did not find", async () => {
  const [one, other] = [unparsableMessage(), unparsableMessage()];
  await sendUnparsable(one, other);
  expect(await bridge.runCommand("dlq", "drop", one.id)).toEqual({
    output: "This deletes a dead letter for good: add --yes to confirm.\n",
    reason: "exit code 1",
  });
  const dropped = await bridge.runCommand("dlq", "drop", one.id, "msg_unknown", "--yes");
  expect(dropped).toEqual({ output: `${one.id}  dropped\nmsg_unknown  not found\n`, reason: "exit code 2" });
  expect(await deadLetters.find(one.id)).toBeUndefined();
  expect(await deadLetters.find(other.id)).toBeDefined();

  await bridge.runCommand("dlq", "drop", "all", "--yes");
  expect(await deadLetters.count()).toBe(0);
  expect((await bridge.runCommand("dlq", "list")).output).toBe("0 in total\n");
  await bridge.waitUntilIdle();
  await expectExactlyOnce(bridge, expectedUsers(published));
});

test("`dlq list` works without CLERK_SECRET_KEY, and under the alias `dead`", async () => {
  const withoutKey = resources.use(
    await openBridge({ redisUrl: bridge.redisUrl, variables: { CLERK_SECRET_KEY: "" } }),
  );
  const [listed, aliased] = await Promise.all([
    withoutKey.runCommand("dlq", "list"),
    withoutKey.runCommand("dead", "list"),
  ]);
  expect(listed).toEqual({ output: "0 in total\n", reason: "exit code 0" });
  expect(aliased).toEqual(listed);
});

test("`dlq show` and `dlq retry` exit with 1 for an unknown id", async () => {
  for (const command of ["show", "retry"]) {
    expect(await bridge.runCommand("dlq", command, "msg_unknown")).toEqual({
      output: "There is no dead letter msg_unknown.\n",
      reason: "exit code 1",
    });
  }
});

/** A stored webhook that can be parsed by now. */
function writeDeadLetter(id: string): DeadLetter {
  const { body } = userMessage("user.created", makeUser(), 1).message;
  return { id, stage: "received", reason: "a reason", at: Date.now(), body };
}

/** Sends messages that cannot be parsed, and waits until they are dead letters. */
async function sendUnparsable(...messages: readonly ClerkMessage[]): Promise<void> {
  await sendAll(api.url, messages, 1);
  await waitFor("the messages are dead letters", async () =>
    (await Promise.all(messages.map(({ id }) => deadLetters.find(id)))).every((deadLetter) => deadLetter !== undefined),
  );
}

/** Rewrites the body of a dead letter, as if a later version of the bridge could parse it. */
async function repair({ id }: ClerkMessage, from: string, to: string): Promise<void> {
  const deadLetter = await deadLetters.find(id);
  if (deadLetter === undefined) throw new Error(`There is no dead letter ${id}`);
  expect(deadLetter.body).toContain(from);
  await deadLetters.store({ ...deadLetter, body: deadLetter.body.replace(from, to) });
}

const unparsableMessage = () =>
  writeMessage("user.created", { ...clerkUserJson(makeUser(), 1), created_at: "yesterday" });

const dataOf = ({ user, version }: UserMessage) => clerkUserJson(user ?? makeUser(), version || versionOf(0));
