import { pino } from "pino";
import { expect, test } from "vitest";
import { decideBatch } from "../../src/domain/decide-batch.ts";
import type { Message } from "../../src/domain/message.ts";
import type { MessageReport } from "../../src/queue/decision-feed.ts";
import { clerkUserJson, makeUser, versionOf } from "../../test/support/clerk/clerk-messages.ts";
import { readBatch, toDeadLetter } from "../batches/read-batch.ts";
import { type BatchMessages, createDecisionReport } from "./decision-report.ts";

const message = (id: string, userId: string): Message => {
  const data = clerkUserJson(makeUser({ id: userId }), versionOf(1));
  return { id, source: "webhook", type: "user.created", receivedAt: 1, readAt: 0, data };
};
const decided = (messages: readonly Message[]) => {
  const { own } = readBatch([{ id: "1", messages }], { shard: 0, shardOf: () => 0, eventFields: [], at: 0 });
  return decideBatch(new Map(), own, { verifyBefore: 0, now: versionOf(2) });
};
const none: BatchMessages = { decided: [], stale: [], deferred: [], forwarded: [], deadLetters: [] };

function open({ isWanted = true } = {}) {
  let at = 1_000;
  const lines: Record<string, unknown>[] = [];
  const reports: MessageReport[] = [];
  const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const report = createDecisionReport({
    feed: { isWanted: () => isWanted, offer: (offered) => void reports.push(...offered) },
    log,
    now: () => at,
  });
  return { report, lines, reports, passSeconds: (seconds: number) => (at += seconds * 1_000) };
}

test("the feed gets every message of a batch with its outcome, and the event's id or the reason for none", () => {
  const { report, reports } = open();
  const [first, again, gone, late, broken] = ["a", "b", "c", "d", "e"].map((id) =>
    message(id, id === "b" ? "user_a" : `user_${id}`),
  );
  if (!first || !again || !gone || !late || !broken) throw new Error("too few messages");
  report(3, {
    decided: decided([first, again]),
    stale: [gone],
    deferred: [late],
    forwarded: [],
    deadLetters: [toDeadLetter(broken, "no address", 1)],
  });
  expect(reports).toEqual([
    {
      at: 1_000,
      shard: 3,
      id: "a",
      type: "user.created",
      source: "webhook",
      userId: "user_a",
      outcome: "publish",
      eventId: expect.any(String),
    },
    expect.objectContaining({ id: "b", userId: "user_a", outcome: "duplicate", reason: expect.any(String) }),
    expect.objectContaining({ id: "c", userId: "user_c", outcome: "stale_user", reason: "Clerk has no such user" }),
    expect.objectContaining({ id: "d", userId: "user_d", outcome: "deferred", reason: expect.any(String) }),
    expect.objectContaining({ id: "e", outcome: "malformed", reason: "no address" }),
  ]);
});

test("a discarded message is a line in the log with its id, type, user and reason", () => {
  const { report, lines } = open();
  report(0, { ...none, stale: [message("msg_1", "user_1")] });
  expect(lines).toMatchObject([
    {
      event: "message.discarded",
      shard: 0,
      id: "msg_1",
      type: "user.created",
      userId: "user_1",
      outcome: "stale_user",
      reason: "Clerk has no such user",
    },
  ]);
});

test("of more than ten discarded messages in a second, the next line tells how many are missing", () => {
  const { report, lines, passSeconds } = open();
  const many = Array.from({ length: 25 }, (_, at) => message(`msg_${at}`, `user_${at}`));
  report(0, { ...none, stale: many });
  expect(lines).toHaveLength(10);
  passSeconds(1);
  report(0, { ...none, stale: many.slice(0, 2) });
  expect(lines.map(({ suppressed }) => suppressed)).toEqual([...Array.from({ length: 10 }), 15, undefined]);
});

test("a published message and one that changes no published field are no discarded messages", () => {
  const { report, lines } = open();
  report(0, { ...none, decided: decided([message("msg_1", "user_1")]) });
  expect(lines).toEqual([]);
});

test("while no operator asks for the decisions, the log has the discarded messages all the same", () => {
  const { report, lines } = open({ isWanted: false });
  const [first, again] = [message("msg_1", "user_1"), message("msg_2", "user_1")];
  report(0, { ...none, decided: decided([first, again]), stale: [message("msg_3", "user_3")] });
  expect(lines.map(({ id, outcome }) => [id, outcome])).toEqual([
    ["msg_2", "duplicate"],
    ["msg_3", "stale_user"],
  ]);
});
