import { describe, expect, test } from "vitest";
import type { Message } from "../domain/message.ts";
import { jobOptionsFor } from "./message-queues.ts";

const message = (id: string): Message => ({
  id,
  source: "webhook",
  type: "user.updated",
  receivedAt: 1,
  readAt: 0,
  data: {},
});

describe("The id of a job", () => {
  test("is that of its message, so that a redelivery meets it, when it holds one alone", () => {
    expect(jobOptionsFor([message("msg_2abC-9_x")])).toMatchObject({ jobId: "msg_2abC-9_x" });
    expect(jobOptionsFor([message("msg_2abC-9_x")]).removeOnComplete).toMatchObject({ age: expect.any(Number) });
  });

  test("is a new one each time when it holds several: the same first message must not hide the others", () => {
    const [first, second] = [message("msg_1"), message("msg_2")];
    const ids = Array.from({ length: 100 }, () => jobOptionsFor([first, second]).jobId);
    expect(new Set(ids).size).toBe(100);
    expect(ids).not.toContain("msg_1");
    expect(jobOptionsFor([first, second]).removeOnComplete).toBe(true);
  });

  test.for(["wait", "meta", "events", "12345", "msg_a:b", "msg_", "", `msg_${"x".repeat(101)}`, "Msg_1", "msg_ä"])(
    "is never `%s`, which BullMQ would take for something else",
    (id) => {
      expect(jobOptionsFor([message(id)]).jobId).toMatch(/^group-[0-9a-f-]{36}$/);
    },
  );
});
