import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { Candidate } from "../../src/domain/decide-batch.ts";
import type { Message } from "../../src/domain/message.ts";
import type { State } from "../../src/domain/state.ts";
import type { DeadLetter } from "../../src/queue/dead-letters.ts";
import { createShardOf } from "../../src/domain/shard-of.ts";
import { clerkUserJson, makeUser, versionOf } from "../../test/support/clerk/clerk-messages.ts";
import { openShardInMemory } from "../../test/support/workers/shard-in-memory.ts";
import { forwardMisrouted, processBatch } from "./process-batch.ts";

const shardOf = createShardOf(3);

const misrouted = Array.from({ length: 30 }, (_, index): Candidate => {
  const userId = `user_${index}`;
  return {
    change: { kind: "deletion", userId, deletedAt: 1, source: "webhook" },
    message: {
      id: `msg_${index}`,
      source: "webhook",
      type: "user.deleted",
      receivedAt: 1,
      readAt: 0,
      data: { id: userId },
    },
  };
});

test("a misrouted message is queued unchanged in its user's shard", async () => {
  const added: [number, Message][] = [];
  await forwardMisrouted(misrouted, shardOf, async (shard, message) => void added.push([shard, message]));
  expect(added).toEqual(misrouted.map(({ message }) => [shardOf(String(message.data["id"])), message]));
});

test("forwarding fails when a misrouted message cannot be queued", async () => {
  const add = () => Promise.reject(new Error("Redis is unavailable"));
  await expect(forwardMisrouted(misrouted, shardOf, add)).rejects.toThrow("Redis is unavailable");
});

describe("the job of a new user", () => {
  const message: Message = {
    id: "msg_1",
    source: "webhook",
    type: "user.created",
    receivedAt: 1,
    readAt: 0,
    data: clerkUserJson(makeUser(), versionOf(1)),
  };
  const jobs = [{ id: "1", messages: [message] }];
  const atRest = async () => {
    for (let turn = 0; turn < 20; turn += 1) await nextTurn();
  };

  test("is completed after its event is published", async () => {
    const { context, owned, calls } = openShardInMemory();
    expect(await processBatch(context, owned, jobs, () => 0)).toEqual({ outcome: "done", next: [] });
    expect(calls.slice(0, 2)).toEqual(["read", "publish"]);
    expect(calls.slice(2).toSorted()).toEqual(["apply", "complete"]);
  });

  test("is not completed before Redis has stored it in the queue of another shard", async () => {
    const forwarded = Promise.withResolvers<void>();
    const { queues } = openShardInMemory().context;
    const { context, owned, calls } = openShardInMemory({
      context: { shardOf: () => 1, queues: { ...queues, requeue: () => forwarded.promise } },
    });
    const processed = processBatch(context, owned, jobs, () => 0);
    await atRest();
    expect(calls).toEqual(["read"]);
    forwarded.resolve();
    await processed;
    expect(calls).toEqual(["read", "complete"]);
  });

  test("is not completed before its registration is counted", async () => {
    const counted = Promise.withResolvers<number>();
    const { context, owned, calls } = openShardInMemory({ answerOfRedis: () => counted.promise });
    const processed = processBatch(context, owned, jobs, () => 0);
    await atRest();
    expect(calls).toEqual(["read", "publish", "apply"]);
    counted.resolve(1);
    await processed;
    expect(calls).toEqual(["read", "publish", "apply", "complete"]);
  });

  test("is neither published again nor completed when the outcome of its transaction is unknown", async () => {
    let published = 0;
    const publish = async () => {
      published += 1;
      throw new Error("no answer to the commit");
    };
    const { context, owned, calls } = openShardInMemory({ publisher: { publish } });
    await expect(processBatch(context, owned, jobs, () => 0)).rejects.toThrow("no answer to the commit");
    expect(published).toBe(1);
    expect(calls).toEqual(["read"]);
  });
});

describe("a batch", () => {
  const message = (id: string, data: Record<string, unknown>, type: Message["type"] = "user.updated"): Message => ({
    id,
    source: "webhook",
    type,
    receivedAt: versionOf(2),
    readAt: 0,
    data,
  });
  const jobOf = (...messages: readonly Message[]) => [{ id: "1", messages }];

  test("is decided on the states of its users", async () => {
    const [known, other] = [makeUser(), makeUser()];
    const asked: string[][] = [];
    const state: State = { status: "deleted", sequence: 4 };
    const { context, owned, calls } = openShardInMemory({
      ledger: {
        read: async (_, userIds) => {
          asked.push([...userIds]);
          return { outcome: "read", states: new Map([[known.id, state]]) };
        },
      },
    });
    const messages = [known, other, known].map((user, at) => message(`msg_${at}`, clerkUserJson(user, versionOf(at))));
    await processBatch(context, owned, jobOf(...messages.slice(0, 1), ...messages.slice(2)), () => 0);
    expect(calls).toEqual(["complete"]);
    await processBatch(context, owned, jobOf(...messages), () => 0);
    expect(asked).toEqual([[known.id], [known.id, other.id]]);
    expect(calls.slice(1, 2)).toEqual(["publish"]);
  });

  test("stores a dead letter for every message that cannot be decided, and delays those that wait for Clerk, before its jobs complete", async () => {
    const stored: DeadLetter[] = [];
    const delayed: [messages: readonly Message[], delayMs: number][] = [];
    const { deadLetters } = openShardInMemory().context;
    const now = versionOf(10);
    const waiting = message("msg_waiting", clerkUserJson(makeUser(), versionOf(0)));
    const overdue = { ...message("msg_overdue", clerkUserJson(makeUser(), versionOf(0))), receivedAt: versionOf(1) };
    const { context, owned, calls } = openShardInMemory({
      context: {
        now: () => now,
        staleUsers: { checkAfterMs: 1, giveUpAfterMs: now - versionOf(2) },
        readUser: async () => ({ outcome: "unavailable", reason: "Clerk cannot be reached" }),
        deadLetters: {
          ...deadLetters,
          store: async (letter) => {
            calls.push("store");
            stored.push(letter);
          },
        },
      },
      jobs: {
        delay: async (...args) => {
          calls.push("delay");
          delayed.push(args);
        },
      },
    });
    await processBatch(context, owned, jobOf(message("msg_wrong", { id: "user_1" }), waiting, overdue), () => 0);
    expect(stored.map(({ id, reason }) => [id, reason])).toEqual([
      ["msg_wrong", expect.stringContaining("email_addresses")],
      ["msg_overdue", expect.stringContaining("Clerk cannot be reached")],
    ]);
    expect(delayed).toEqual([[[waiting], 30_000]]);
    expect(calls).toEqual(["read", "store", "store", "delay", "complete"]);
  });

  test("ends with the ledger's conflict when the ledger refuses to be read, and touches no job", async () => {
    const { context, owned, calls } = openShardInMemory({ ledger: { read: async () => ({ outcome: "lost" }) } });
    const job = jobOf(message("msg_1", clerkUserJson(makeUser(), versionOf(1))));
    expect(await processBatch(context, owned, job, () => 0)).toEqual({ outcome: "lost" });
    expect(calls).toEqual([]);
  });

  test("ends with the ledger's conflict after the commit, with its jobs completed and the next ones released", async () => {
    const next = [{ id: "2", messages: [] }];
    const released: unknown[] = [];
    const { context, owned, calls } = openShardInMemory({
      ledger: { apply: async () => ({ outcome: "superseded" }) },
      jobs: {
        completeAndClaim: async () => {
          calls.push("complete");
          return next;
        },
        release: async (jobs) => void released.push(jobs),
      },
    });
    const job = jobOf(message("msg_1", clerkUserJson(makeUser(), versionOf(1))));
    expect(await processBatch(context, owned, job, () => 1)).toEqual({ outcome: "superseded" });
    expect(calls).toEqual(["read", "publish", "complete"]);
    expect(released).toEqual([next]);
  });
});
