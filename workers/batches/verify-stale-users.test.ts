import { expect, test } from "vitest";
import { parseChange } from "../../src/clerk/payloads/parse-change.ts";
import type { UserReader } from "../../src/clerk/users/read-user.ts";
import type { Candidate } from "../../src/domain/decide-batch.ts";
import type { State } from "../../src/domain/state.ts";
import type { Message } from "../../src/domain/message.ts";
import { verifyStaleUsers } from "./verify-stale-users.ts";

const verifying = (readUser: UserReader, giveUpBefore = 0) => ({
  eventFields: [],
  policy: { verifyBefore: 1_000, now: 2_000 },
  readUser,
  giveUpBefore,
});
const json = (id: string, updatedAt: number) => ({ id, email_addresses: [], created_at: 1, updated_at: updatedAt });

function candidate(userId: string, updatedAt: number, id = `${userId}/${updatedAt}`): Candidate {
  const data = json(userId, updatedAt);
  const message: Message = { id, source: "webhook", type: "user.updated", receivedAt: 1, readAt: 0, data };
  const parsed = parseChange(message, []);
  if (parsed.outcome === "malformed") throw new Error(parsed.reason);
  return { change: parsed.change, message };
}

/** A Clerk with the same answer for every user, and the ids of the users it was asked about. */
function answering(answer: Awaited<ReturnType<UserReader>>) {
  const asked: string[] = [];
  const readUser: UserReader = async (userId) => {
    asked.push(userId);
    return answer;
  };
  return { asked, readUser };
}

const idsOf = (messages: readonly Message[]) => messages.map(({ id }) => id);

test("Clerk is asked once about each unknown user with old messages, and about no other user", async () => {
  const { asked, readUser } = answering({ outcome: "missing" });
  const known: State = { status: "deleted", sequence: 1 };
  const { candidates, stale, deferred } = await verifyStaleUsers(
    [
      candidate("known", 5),
      candidate("recent", 1_000),
      candidate("old", 5),
      candidate("old", 6),
      candidate("older", 7),
    ],
    new Map([["known", known]]),
    verifying(readUser),
  );
  expect(asked).toEqual(["old", "older"]);
  expect(candidates.map(({ message }) => message.id)).toEqual(["known/5", "recent/1000"]);
  expect(idsOf(stale)).toEqual(["old/5", "old/6", "older/7"]);
  expect(deferred).toEqual([]);
});

test("Clerk's answer replaces the content of old messages, with the time at which it was read", async () => {
  const { readUser } = answering({ outcome: "found", data: json("old", 900), readAt: 77 });
  const verified = await verifyStaleUsers([candidate("old", 5), candidate("old", 6)], new Map(), verifying(readUser));
  expect(verified.candidates.map(({ change, message }) => [message.id, change])).toMatchObject([
    ["old/5", { kind: "snapshot", version: 900, readAt: 77 }],
    ["old/6", { kind: "snapshot", version: 900, readAt: 77 }],
  ]);
  expect([verified.stale, verified.deferred]).toEqual([[], []]);
});

test("while Clerk is unavailable, old messages are deferred and at most ten users are looked up", async () => {
  const { asked, readUser } = answering({ outcome: "unavailable", reason: "unavailable" });
  const many = Array.from({ length: 100 }, (_, at) => candidate(`user_${at}`, 5));
  const { candidates, deferred } = await verifyStaleUsers(many, new Map(), verifying(readUser));
  expect(candidates).toEqual([]);
  expect(deferred).toHaveLength(100);
  expect(asked.length).toBeLessThanOrEqual(10);
});

test("a message that has waited too long for Clerk is undecidable, with the reason, and a later one still waits", async () => {
  const { readUser } = answering({ outcome: "unavailable", reason: "Clerk cannot be reached" });
  const waiting = { ...candidate("later", 5), message: { ...candidate("later", 5).message, receivedAt: 20 } };
  const messages = [candidate("early", 5), waiting];
  const { deferred, undecidable } = await verifyStaleUsers(messages, new Map(), verifying(readUser, 10));
  expect(idsOf(deferred)).toEqual(["later/5"]);
  expect(undecidable.map(({ message, reason }) => [message.id, reason])).toEqual([
    ["early/5", "Clerk gave no answer about this user: Clerk cannot be reached"],
  ]);
});

test("a message is undecidable when Clerk's answer is no user", async () => {
  const { readUser } = answering({ outcome: "found", data: { id: "old" }, readAt: 77 });
  const { candidates, deferred, undecidable } = await verifyStaleUsers(
    [candidate("old", 5)],
    new Map(),
    verifying(readUser),
  );
  expect([candidates, deferred]).toEqual([[], []]);
  expect(undecidable[0]?.reason).toMatch(/^Clerk's answer is no user: email_addresses: /);
});

test("Clerk is asked about a known user whose message lacks optional fields, and its answer has them", async () => {
  const known: State = {
    status: "present",
    user: { id: "known", firstName: "", lastName: "", username: "", emailAddress: [], role: "user", externalId: "1" },
    createdAt: 1,
    version: 5,
    readAt: 0,
    sequence: 1,
  };
  const partialOf = (version: number) => {
    const { change, message } = candidate("known", version);
    if (change.kind !== "snapshot") throw new Error("a candidate is a snapshot");
    return { change: { ...change, isPartial: true }, message };
  };
  const data = { ...json("known", 900), external_id: "2" };
  const { asked, readUser } = answering({ outcome: "found", data, fields: ["externalId"], readAt: 77 });
  const { candidates } = await verifyStaleUsers([partialOf(4), partialOf(6)], new Map([["known", known]]), {
    ...verifying(readUser),
    eventFields: ["externalId"],
  });
  expect(asked).toEqual(["known"]);
  expect(candidates.map(({ message, change }) => [message.id, change])).toMatchObject([
    ["known/4", { version: 4, isPartial: true }],
    ["known/6", { version: 900, readAt: 77, isPartial: false, user: { externalId: "2" } }],
  ]);
});
