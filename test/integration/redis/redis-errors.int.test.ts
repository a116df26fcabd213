import { Redis } from "ioredis";
import { afterAll, expect, inject, test } from "vitest";
import { randomUUID } from "node:crypto";
import { loadScript } from "../../../src/redis/redis-client.ts";
import { createLogger } from "../../../src/shared/logger.ts";

const redis = new Redis(inject("redisUrl"));
afterAll(() => redis.disconnect());

const personal = "ada.tell-tale-7f3a@example.com";
const applyStates = loadScript(new URL("../../../src/ledger/apply-states.lua", import.meta.url));
const settleLease = loadScript(new URL("../../../src/cache/settle-lease.lua", import.meta.url));

/** Every command whose arguments hold data of users, on a key of another type, and one that Redis does not know. */
const commands: Readonly<Record<string, (key: string) => Promise<unknown>>> = {
  hset: (key) => redis.hset(key, "user_1", personal),
  hmget: (key) => redis.hmget(key, personal),
  zadd: (key) => redis.zadd(key, 1, personal),
  xadd: (key) => redis.xadd(key, "*", "entry", personal),
  sadd: (key) => redis.sadd(key, personal),
  pfadd: (key) => redis.pfadd(key, personal),
  lpush: (key) => redis.lpush(key, personal),
  set: (key) => redis.call("SET", key, personal, "EX", "never"),
  "a script of the ledger": (key) => applyStates(redis, [key], ["b", "0", "1", "", "user_1", "0", personal]),
  "a script of the cache": (key) => settleLease(redis, [key], ["t", personal, "-1"]),
  "an unknown command": (key) => redis.call("BRIDGE.NONE", key, personal),
  "a transaction": async (key) => {
    const replies = await redis.multi().hset(key, "user_1", personal).exec();
    throw replies?.[0]?.[0] ?? new Error("no failure");
  },
};

test.for(Object.keys(commands))("the log of a failure of %s holds nothing of the user", async (name) => {
  const key = `test-${randomUUID()}`;
  await (name === "a script of the cache" ? redis.hset(key, "a", "b") : redis.set(key, "another type", "EX", 60));
  let line = "";
  const log = createLogger("test", "info", { write: (text) => void (line += text) });
  const failure = await commands[name]?.(key).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Error);
  log.error({ err: new Error("the write failed", { cause: failure }) });
  expect(JSON.parse(line)).toMatchObject({ err: { cause: { type: "ReplyError" } } });
  expect(line).not.toContain("tell-tale");
  await redis.del(key);
});
