import { ReplyError } from "ioredis";
import { expect, test } from "vitest";
import { describeRedisError, redisReason } from "./redis-reason.ts";

test.for([
  ["READONLY You can't write against a read only replica.", "readonly"],
  [
    "ERR Error running script (call to f_1): @user_script:1: -READONLY You can't write against a read only replica.",
    "readonly",
  ],
  ["OOM command not allowed when used memory > 'maxmemory'. script: 4e1, on @user_script:1.", "oom"],
  ["MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.", "misconf"],
  ["LOADING Redis is loading the dataset in memory", "loading"],
  ["NOAUTH Authentication required.", "noauth"],
  ["WRONGPASS invalid username-password pair or user is disabled.", "wrongpass"],
  ["NOPERM User bridge has no permissions to run the 'evalsha' command", "noperm"],
  ["NOREPLICAS Not enough good replicas to write.", "noreplicas"],
  ["CLUSTERDOWN Hash slot not served", "clusterdown"],
  ["connect ECONNREFUSED 127.0.0.1:6379", "unavailable"],
  ["the bookroom is full", "unavailable"],
] as const)("%s is %s, also as the cause of another error", ([message, reason]) => {
  const error = new ReplyError(message);
  expect(redisReason(error)).toBe(reason);
  expect(redisReason(new Error("Redis refused the write", { cause: error }))).toBe(reason);
});

test("a refusal is described by its meaning and Redis's own message", () => {
  expect(describeRedisError(new Error("OOM command not allowed"))).toBe(
    "Redis refuses, because its memory is full: OOM command not allowed",
  );
  expect(describeRedisError(new Error("connect ECONNREFUSED"))).toBe("connect ECONNREFUSED");
});
