import { expect, test } from "vitest";
import { ShardStatus } from "./shard-status.ts";

function openStatus() {
  let at = 0;
  const status = new ShardStatus(() => at);
  return { status, pass: (ms: number) => void (at += ms) };
}

test("A shard is stuck when it has not got on for as long as is asked, and says in which phase", () => {
  const { status, pass } = openStatus();
  status.enter("owning");
  pass(99);
  expect(status.stalledReason(100)).toBeUndefined();
  pass(1);
  expect(status.stalledReason(100)).toBe("stuck while owning");
});

test("A shard that gets on is not stuck, however long ago it began", () => {
  const { status, pass } = openStatus();
  status.enter("draining");
  for (let batch = 0; batch < 10; batch += 1) {
    pass(60);
    status.markProgress();
  }
  expect(status.stalledReason(100)).toBeUndefined();
  expect(status.isDraining).toBe(true);
});

test("A shard that is dropped again and again names why, until it gets on", () => {
  const { status, pass } = openStatus();
  status.dropped("error");
  status.enter("idle");
  pass(200);
  expect(status.stalledReason(100)).toBe("stuck, dropped last: error");
  status.markProgress();
  pass(200);
  expect(status.stalledReason(100)).toBe("stuck while idle");
});
