import { parseUserEvent, parseUserState } from "@clerk-kafka-bridge/events";
import { expect, test } from "vitest";
import { makeUser } from "../../../test/support/clerk/clerk-messages.ts";
import { decide } from "../../domain/decide.ts";
import { encodeBarrier, encodeEvent, encodeMoved, encodeState } from "./records.ts";

const user = { ...makeUser({ id: "user_1" }), username: "ada" };
const policy = { verifyBefore: 0, now: 10 };
const change = {
  kind: "snapshot",
  source: "webhook",
  isCreateEvent: true,
  createdAt: 1,
  version: 2,
  readAt: 0,
  isPartial: false,
} as const;

test("consumers parse what the bridge writes: events, states, tombstones and the bridge's own records", () => {
  const decision = decide(undefined, { ...change, user }, policy);
  if (decision.outcome !== "publish") throw new Error(`the decision is ${decision.outcome}`);
  const { event, origin, next } = decision;
  const encoded = encodeEvent({ event, origin, sequence: 1, svixId: "msg_1", traceparent: undefined }, "/test");
  expect(parseUserEvent(encoded)).toMatchObject({ outcome: "event", event, sequence: 1, origin, svixId: "msg_1" });
  expect(parseUserState(encodeState({ userId: user.id, state: next }))).toMatchObject({
    outcome: "user",
    user,
    sequence: 1,
  });
  const deleted = encodeState({ userId: user.id, state: { status: "deleted", sequence: 2 } });
  expect(parseUserState(deleted)).toEqual({ outcome: "deleted", userId: user.id, sequence: 2 });
  expect(parseUserState(encodeBarrier("1"))).toEqual({ outcome: "internal", kind: "barrier" });
  expect(parseUserState(encodeMoved(user.id, 1))).toEqual({ outcome: "internal", kind: "moved" });
});
