import { expect, test } from "vitest";
import { ShardStatus } from "./shard-status.ts";

function createStatus() {
  let at = 0;
  const status = new ShardStatus(() => at);
  return { status, pass: (ms: number) => void (at += ms) };
}

test("a shard without progress for the timeout is stalled, and the reason names its phase", () => {
  const { status, pass } = createStatus();
  status.enter("owning");
  pass(99);
  expect(status.stalledReason(100)).toBeUndefined();
  pass(1);
  expect(status.stalledReason(100)).toBe("stalled while owning");
});

test("a shard that makes progress is not stalled, however long ago it began", () => {
  const { status, pass } = createStatus();
  status.enter("draining");
  for (let batch = 0; batch < 10; batch += 1) {
    pass(60);
    status.markProgress();
  }
  expect(status.stalledReason(100)).toBeUndefined();
});

test("a stalled shard that was dropped reports the last drop until it makes progress", () => {
  const { status, pass } = createStatus();
  status.markDropped("error");
  status.enter("idle");
  pass(200);
  expect(status.stalledReason(100)).toBe("stalled, last dropped: error");
  status.markProgress();
  pass(200);
  expect(status.stalledReason(100)).toBe("stalled while idle");
});
