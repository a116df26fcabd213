// One of several processes that read the same user through the cache concurrently. It reads when the key START exists. Its
// loads increment the key LOADS and end when the key FINISH exists.
import { Redis } from "ioredis";
import { createUserCache, createUserMetrics } from "../../../src/api/users/user-cache.ts";
import { createLogger } from "../../../src/shared/logger.ts";
import { Registry } from "prom-client";
import { apiUserFromJson } from "../../../src/api/users/user-schemas.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const { REDIS_URL = "", REDIS_PREFIX = "", START = "", LOADS = "", FINISH = "", READS = "1" } = process.env;
const log = createLogger("reader", "info");
const redis = new Redis(REDIS_URL);
const metrics = createUserMetrics(new Registry());
const cache = createUserCache({ redis, redisPrefix: REDIS_PREFIX, config: { ttlMs: 60_000 }, metrics, log });
const load = async () => {
  const created_at = await redis.incr(LOADS);
  await waitFor("the load may end", () => redis.exists(FINISH));
  return apiUserFromJson({ id: "user_1", email_addresses: [], created_at, updated_at: created_at });
};

await redis.ping();
log.info({ event: "waiting" });
await waitFor("the reads may start", () => redis.exists(START), { deadlineMs: 30_000, intervalMs: 1 });
const reads = Array.from({ length: Number(READS) }, () => cache.user("user_1", load));
log.info({ event: "reading" });
const users = await Promise.all(reads);
log.info({ event: "read", times: users.length, loads: new Set(users.map((user) => user?.createdAt)).size });
redis.disconnect();
