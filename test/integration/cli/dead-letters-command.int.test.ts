import { afterAll, beforeAll, expect, test } from "vitest";
import { type DeadLetter, createDeadLetters, type DeadLetters } from "../../../src/queue/dead-letters.ts";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { type Bridge, openBridge } from "../../support/bridge/bridge.ts";
import {
  clerkUserJson,
  type ClerkMessage,
  expectedUsers,
  makeUser,
  userMessage,
  type EnvelopeTimes,
  versionOf,
  writeMessage,
} from "../../support/clerk/clerk-messages.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { sendAll } from "../../support/clerk/send-webhook.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const resources = new AsyncDisposableStack();
const published: EnvelopeTimes[] = [];
let bridge: Bridge;
let api: BridgeProcess;
let letters: DeadLetters;

beforeAll(async () => {
  bridge = resources.use(await openBridge());
  letters = createDeadLetters(bridge.redis, bridge.redisPrefix, 60_000);
  [api] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
});
afterAll(() => resources.disposeAsync());

test("list and show tell what could not be read, by whom and why", async () => {
  const user = makeUser();
  const nameless = writeMessage("user.updated", { ...clerkUserJson(user, 1), id: "" });
  const undecidable = writeMessage("user.updated", { ...clerkUserJson(user, 1), email_addresses: "none" });
  await putAside(nameless, undecidable);

  const list = await bridge.runCommand("dead", "list");
  expect(list.reason).toBe("exit code 0");
  const lines = list.output.trim().split("\n");
  expect(lines).toHaveLength(3);
  expect(lines).toContainEqual(
    expect.stringMatching(new RegExp(`^\\S+Z  ${nameless.id}  received  user.updated without a user id$`)),
  );
  expect(lines).toContainEqual(
    expect.stringMatching(new RegExp(`^\\S+Z  ${undecidable.id}  queued  email_addresses: invalid_type$`)),
  );
  expect(lines.at(-1)).toBe("2 in all");
  expect((await bridge.runCommand("dead", "list", "--limit", "1", "--offset", "1")).output.split("\n")).toHaveLength(3);

  const show = await bridge.runCommand("dead", "show", undecidable.id);
  expect(show.output).toContain(`"id": "${user.id}"`);
  expect(show.output).toContain('"email_addresses": "none"');
});

test("retry keeps what still cannot be read", async () => {
  const user = makeUser();
  const nameless = writeMessage("user.created", { ...clerkUserJson(user, 1), id: "" });
  const undecidable = writeMessage("user.created", { ...clerkUserJson(user, 1), created_at: "yesterday" });
  await putAside(nameless, undecidable);
  const { output, reason } = await bridge.runCommand("dead", "retry", nameless.id, undecidable.id);
  expect(reason).toBe("exit code 0");
  expect(output).toContain(`${nameless.id}  still cannot be read: user.created without a user id`);
  await waitFor("both are kept", async () => (await letters.find(undecidable.id)) && letters.find(nameless.id));
  await expectExactlyOnce(bridge, expectedUsers(published));
});

test("A letter that a worker puts aside anew, before its retry is over, stays", async () => {
  const letter: DeadLetter = { id: "msg_again", stage: "queued", reason: "a reason", at: Date.now(), body: "{}" };
  await letters.store(letter);
  await letters.store({ ...letter, at: letter.at + 1 });
  expect(await letters.removeIfUnchanged(letter)).toBe(false);
  expect(await letters.find(letter.id)).toEqual({ ...letter, at: letter.at + 1 });
  expect(await letters.delete(letter.id)).toBe(true);
});

test("What can be read by now becomes its event by retry, once, and is no dead letter any more", async () => {
  const [received, queued] = [userMessage("user.created", makeUser(), 1), userMessage("user.created", makeUser(), 1)];
  const nameless = writeMessage("user.created", { ...dataOf(received), id: "" });
  const undecidable = writeMessage("user.created", { ...dataOf(queued), first_name: 42 });
  await putAside(nameless, undecidable);
  await mend(nameless, '"id":""', `"id":"${received.userId}"`);
  await mend(undecidable, '"first_name":42', '"first_name":"Ada"');

  const { output, reason } = await bridge.runCommand("dead", "retry", nameless.id, undecidable.id);
  expect(reason).toBe("exit code 0");
  expect(output).toBe(`${nameless.id}  queued\n${undecidable.id}  queued\n`);
  await bridge.waitUntilIdle();
  published.push(received, queued);
  const events = await expectExactlyOnce(bridge, expectedUsers(published));
  expect(new Set(events.map(({ headers }) => headers["svix-id"]))).toEqual(new Set([nameless.id, undecidable.id]));
  for (const { id } of [nameless, undecidable]) expect(await letters.find(id)).toBeUndefined();
});

test("drop forgets those named, or all, and says which were not there", async () => {
  const [one, other] = [unreadable(), unreadable()];
  await putAside(one, other);
  const dropped = await bridge.runCommand("dead", "drop", one.id, "msg_nobody");
  expect(dropped).toEqual({ output: `${one.id}  dropped\nmsg_nobody  not there\n`, reason: "exit code 0" });
  expect(await letters.find(one.id)).toBeUndefined();
  expect(await letters.find(other.id)).toBeDefined();

  await bridge.runCommand("dead", "drop", "all");
  expect(await letters.count()).toBe(0);
  expect((await bridge.runCommand("dead", "list")).output).toBe("0 in all\n");
  await bridge.waitUntilIdle();
  await expectExactlyOnce(bridge, expectedUsers(published));
});

test("What is not there is told, with exit code 1", async () => {
  for (const command of ["show", "retry"]) {
    expect(await bridge.runCommand("dead", command, "msg_nobody")).toEqual({
      output: "There is no dead letter msg_nobody.\n",
      reason: "exit code 1",
    });
  }
});

/** Sends messages that nobody can read, and waits until they are dead letters. */
async function putAside(...messages: readonly ClerkMessage[]): Promise<void> {
  await sendAll(api.url, messages, 1);
  await waitFor("they are put aside", async () =>
    (await Promise.all(messages.map(({ id }) => letters.find(id)))).every((letter) => letter !== undefined),
  );
}

/** Rewrites a letter's body, as when a later version of the bridge reads it. */
async function mend({ id }: ClerkMessage, from: string, to: string): Promise<void> {
  const letter = await letters.find(id);
  if (letter === undefined) throw new Error(`There is no dead letter ${id}`);
  expect(letter.body).toContain(from);
  await letters.store({ ...letter, body: letter.body.replace(from, to) });
}

const unreadable = () => writeMessage("user.created", { ...clerkUserJson(makeUser(), 1), created_at: "yesterday" });

const dataOf = ({ user, version }: EnvelopeTimes) => clerkUserJson(user ?? makeUser(), version || versionOf(0));
