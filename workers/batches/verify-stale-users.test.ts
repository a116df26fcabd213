import { expect, test } from "vitest";
import { parseChange } from "../../src/clerk/payloads/parse-change.ts";
import type { UserReader } from "../../src/clerk/users/clerk-users.ts";
import type { Candidate } from "../../src/domain/decide-batch.ts";
import type { State } from "../../src/domain/state.ts";
import type { Message } from "../../src/domain/message.ts";
import { verifyStaleUsers } from "./verify-stale-users.ts";

const policy = { verifyBefore: 1_000 };
const json = (id: string, updatedAt: number) => ({ id, email_addresses: [], created_at: 1, updated_at: updatedAt });

function candidate(userId: string, updatedAt: number, id = `${userId}/${updatedAt}`): Candidate {
  const data = json(userId, updatedAt);
  const message: Message = { id, source: "webhook", type: "user.updated", receivedAt: 1, readAt: 0, data };
  const parsed = parseChange(message);
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
    policy,
    readUser,
  );
  expect(asked).toEqual(["old", "older"]);
  expect(candidates.map(({ message }) => message.id)).toEqual(["known/5", "recent/1000"]);
  expect(idsOf(stale)).toEqual(["old/5", "old/6", "older/7"]);
  expect(deferred).toEqual([]);
});

test("Clerk's answer replaces the content of old messages, with the time at which it was read", async () => {
  const { readUser } = answering({ outcome: "found", data: json("old", 900), readAt: 77 });
  const verified = await verifyStaleUsers([candidate("old", 5), candidate("old", 6)], new Map(), policy, readUser);
  expect(verified.candidates.map(({ change, message }) => [message.id, change])).toMatchObject([
    ["old/5", { kind: "snapshot", version: 900, readAt: 77 }],
    ["old/6", { kind: "snapshot", version: 900, readAt: 77 }],
  ]);
  expect([verified.stale, verified.deferred]).toEqual([[], []]);
});

test("while Clerk is unavailable, old messages are deferred and at most ten users are looked up", async () => {
  const { asked, readUser } = answering({ outcome: "unavailable", reason: "unavailable" });
  const many = Array.from({ length: 100 }, (_, at) => candidate(`user_${at}`, 5));
  const { candidates, deferred } = await verifyStaleUsers(many, new Map(), policy, readUser);
  expect(candidates).toEqual([]);
  expect(deferred).toHaveLength(100);
  expect(asked.length).toBeLessThanOrEqual(10);
});
