import { expect, test } from "vitest";
import type { Message } from "../../src/domain/message.ts";
import type { ClaimedJob } from "../../src/queue/shard-jobs.ts";
import { parseBatch } from "./parse-batch.ts";

const message = (id: string, data: Record<string, unknown> = {}): Message => ({
  id,
  source: "webhook",
  type: "user.updated",
  receivedAt: 1,
  readAt: 0,
  data: { id: "user_1", email_addresses: [], created_at: 1, updated_at: 2, ...data },
});
const job = (id: string, ...messages: readonly unknown[]): ClaimedJob => ({ id, messages });

test("The messages of all jobs are read, in order, each with the message it came in", () => {
  const { candidates, malformed } = parseBatch([job("a", message("1"), message("2")), job("b", message("3"))], 9);
  expect(candidates.map(({ tag }) => tag.id)).toEqual(["1", "2", "3"]);
  expect(candidates.every(({ change }) => change.kind === "snapshot")).toBe(true);
  expect(malformed).toEqual([]);
});

test("What cannot be decided is put aside alone, and its neighbours in the same job are not", () => {
  const wrong = message("2", { updated_at: "yesterday" });
  const { candidates, malformed } = parseBatch([job("a", message("1"), wrong, message("3"))], 9);
  expect(candidates.map(({ tag }) => tag.id)).toEqual(["1", "3"]);
  expect(malformed).toMatchObject([{ id: "2", reason: "updated_at: invalid_type", at: 9 }]);
  expect(JSON.parse(malformed[0]?.body ?? "")).toEqual(wrong);
});

test("What is no message of the bridge is put aside under its place in its job, each once", () => {
  const { candidates, malformed } = parseBatch([job("a", 42, { id: "half" }), job("b", null)], 9);
  expect(candidates).toEqual([]);
  expect(malformed.map(({ id, body }) => [id, body])).toEqual([
    ["a-0", "42"],
    ["a-1", '{"id":"half"}'],
    ["b-0", "null"],
  ]);
});
