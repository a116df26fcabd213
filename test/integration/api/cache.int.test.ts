import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Redis } from "ioredis";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, onTestFinished, test } from "vitest";
import { createFreshFolder } from "../../../dev/stack/folders.ts";
import { pageGenerationKey, userKey } from "../../../src/redis/keys.ts";
import { createUserCache, createUserMetrics } from "../../../src/api/users/user-cache.ts";
import { Registry } from "prom-client";
import { createFailFastRedis } from "../../../src/redis/create-redis.ts";
import type { ApiUser } from "../../../src/api/users/user-schemas.ts";
import { spawnScript } from "../../support/bridge/bridge-process.ts";
import { reserveRedis } from "../../support/private-servers.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const log = pino({ level: "silent" });
const resources = new AsyncDisposableStack();
let redis: Redis;
let prefix: string;

beforeAll(() => {
  redis = resources.adopt(new Redis(inject("redisUrl")), (it) => it.disconnect());
});
beforeEach(() => {
  prefix = `test-${randomUUID()}`;
});
afterAll(() => resources.disposeAsync());

/** Opens the cache as one process does. Two of them share only Redis. */
async function openProcess({ ttlMs = 60_000, ownRedis }: { ttlMs?: number; ownRedis?: string } = {}) {
  const url = ownRedis ?? inject("redisUrl");
  // What is stored in the shared Redis must be found there, however busy the machine is.
  const connection = createFailFastRedis({ kind: "single", url }, log, ownRedis === undefined ? 10_000 : 250);
  onTestFinished(() => connection.disconnect());
  await waitFor("Redis is connected", () => connection.status === "ready");
  const metrics = createUserMetrics(new Registry());
  const cache = createUserCache({ redis: connection, redisPrefix: prefix, config: { ttlMs }, metrics, log });
  return { ...cache, metrics, die: () => connection.disconnect() };
}
type Process = Awaited<ReturnType<typeof openProcess>>;

const time = "2026-01-01T00:00:00.000Z";
const aUser = (firstName: string, more: Partial<ApiUser> = {}): ApiUser => ({
  id: "user_1",
  firstName,
  lastName: "",
  username: "",
  emailAddress: [],
  role: "user",
  createdAt: time,
  updatedAt: time,
  ...more,
});
const never = (): Promise<never> => Promise.reject(new Error("loaded what was cached"));

/** Both kinds of entries behave the same. Each is read here as the first name of its only user. */
const kinds = {
  user: {
    read: async (cache: Process, load: () => Promise<string>) =>
      (await cache.user("user_1", async () => aUser(await load())))?.firstName,
  },
  page: {
    read: async (cache: Process, load: () => Promise<string>) => {
      const page = await cache.page("page=1", async () => ({ users: [aUser(await load())], totalCount: 1 }));
      return page.users[0]?.firstName;
    },
  },
};

describe.each(Object.entries(kinds))("a cached %s", (_, { read }) => {
  test("is loaded once for all processes within its time to live", async () => {
    const [a, b] = [await openProcess({ ttlMs: 300 }), await openProcess({ ttlMs: 300 })];
    expect(await read(a, async () => "Ada")).toBe("Ada");
    expect(await read(a, never)).toBe("Ada");
    expect(await read(b, never)).toBe("Ada");
    await waitFor("the entry is loaded again", async () => (await read(b, async () => "Eve")) === "Eve");
  });

  test("is invalidated at once, in every process, when its user changes", async () => {
    const [a, b] = [await openProcess(), await openProcess()];
    await read(a, async () => "Ada");
    await b.invalidate(["user_1"]);
    expect(await read(a, async () => "Eve")).toBe("Eve");
    expect(await read(b, never)).toBe("Eve");
  });

  test("is not stored if its user changes during the load, and later readers do not get it", async () => {
    const [a, b] = [await openProcess(), await openProcess()];
    const old = Promise.withResolvers<string>();
    const loading = Promise.withResolvers<void>();
    const first = read(a, () => {
      loading.resolve();
      return old.promise;
    });
    await loading.promise;
    await b.invalidate(["user_1"]);
    expect(await read(a, async () => "Eve")).toBe("Eve");
    old.resolve("Ada");
    expect(await first).toBe("Ada");
    expect(await read(a, never)).toBe("Eve");
    expect(await read(b, never)).toBe("Eve");
  });

  test("is not overwritten by an outdated load that finishes last", async () => {
    const [a, b] = [await openProcess(), await openProcess()];
    const old = Promise.withResolvers<string>();
    const loading = Promise.withResolvers<void>();
    const first = read(a, () => {
      loading.resolve();
      return old.promise;
    });
    await loading.promise;
    await b.invalidate(["user_1"]);
    old.resolve("Ada");
    await first;
    expect(await read(b, async () => "Eve")).toBe("Eve");
  });

  test("is not replaced by an outdated load that ends while a newer one is in progress", async () => {
    const [a, b] = [await openProcess(), await openProcess()];
    const start = (cache: Process) => {
      const loading = Promise.withResolvers<void>();
      const loaded = Promise.withResolvers<string>();
      const result = read(cache, () => {
        loading.resolve();
        return loaded.promise;
      });
      return { loading: loading.promise, end: loaded.resolve, result };
    };
    const old = start(a);
    await old.loading;
    await b.invalidate(["user_1"]);
    const newer = start(b);
    await newer.loading;
    old.end("Ada");
    await old.result;
    newer.end("Eve");
    await newer.result;
    expect(await read(a, never)).toBe("Eve");
  });

  test("is loaded once by concurrent readers of one process", async () => {
    const a = await openProcess();
    let loads = 0;
    const load = async () => `load ${(loads += 1)}`;
    const names = await Promise.all(Array.from({ length: 100 }, () => read(a, load)));
    expect(new Set(names)).toEqual(new Set(["load 1"]));
  });

  test("fails for all concurrent readers when its load fails, and is loaded again by the next reader", async () => {
    const [a, b] = [await openProcess(), await openProcess()];
    const failed = new Error("Clerk is unavailable");
    const reads = [1, 2, 3].map(() => read(a, () => Promise.reject(failed)));
    await expect(Promise.allSettled(reads)).resolves.toEqual(
      reads.map(() => expect.objectContaining({ status: "rejected", reason: failed })),
    );
    const startedAt = performance.now();
    expect(await read(b, async () => "Ada")).toBe("Ada");
    expect(performance.now() - startedAt).toBeLessThan(500);
  });

  test("is not stored when it is larger than 256 KiB", async () => {
    const a = await openProcess();
    await read(a, async () => "x".repeat(256 * 1024));
    expect(await read(a, async () => "Ada")).toBe("Ada");
  });

  test("is loaded and replaced when another version of the program wrote it", async () => {
    const a = await openProcess();
    await read(a, async () => "Ada");
    for (const key of await redis.keys(`{${prefix}:cache}:*`)) {
      if (key !== pageGenerationKey(prefix)) await redis.set(key, `value:0:{"an":"older shape"}`);
    }
    expect(await read(a, async () => "Eve")).toBe("Eve");
    expect(await read(a, async () => "Bob")).toBe("Bob");
    expect(await read(a, never)).toBe("Bob");
  });

  test("is always loaded and never stored while the cache is off", async () => {
    const a = await openProcess({ ttlMs: 0 });
    expect(await read(a, async () => "Ada")).toBe("Ada");
    expect(await read(a, async () => "Eve")).toBe("Eve");
    await a.invalidate(["user_1"]);
    expect(await redis.keys(`{${prefix}:cache}:*`)).toEqual([]);
  });

  test("is loaded without long waits while Redis is frozen or stopped, and is cached again afterwards", async () => {
    await using server = await reserveRedis();
    const running = await server.start();
    const a = await openProcess({ ownRedis: running.url });
    const readSoon = async (name: string, load: () => Promise<string>) => {
      const startedAt = performance.now();
      expect(await read(a, load)).toBe(name);
      expect(performance.now() - startedAt).toBeLessThan(500);
    };
    await readSoon("old", async () => "old");
    await a.invalidate(["user_1"]);
    process.kill(running.pid, "SIGSTOP");
    await readSoon("Ada", async () => "Ada");
    process.kill(running.pid, "SIGCONT");
    await readSoon("Eve", async () => "Eve");
    await readSoon("Eve", never);
    await running.kill();
    await readSoon("Bob", async () => "Bob");
    await a.invalidate(["user_1"]);
    expect((await a.metrics.cacheInvalidationsFailed.get()).values[0]?.value).toBe(1);
  });
});

test("a slow load happens once, and other processes wait for it", async () => {
  const [a, b] = [await openProcess(), await openProcess()];
  const loading = Promise.withResolvers<void>();
  const slow = kinds.user.read(a, async () => {
    loading.resolve();
    await delay(3_000);
    return "Ada";
  });
  await loading.promise;
  expect(await Promise.all([slow, kinds.user.read(b, never), kinds.user.read(b, never)])).toEqual([
    "Ada",
    "Ada",
    "Ada",
  ]);
});

test("another process takes over within three seconds when the loading process dies", async () => {
  const [a, b] = [await openProcess(), await openProcess()];
  const loading = Promise.withResolvers<void>();
  void kinds.user.read(a, () => {
    loading.resolve();
    return new Promise<never>(() => {});
  });
  await loading.promise;
  a.die();
  const startedAt = performance.now();
  let loads = 0;
  const load = async () => `load ${(loads += 1)}`;
  expect(await Promise.all([1, 2].map(() => kinds.user.read(b, load)))).toEqual(["load 1", "load 1"]);
  expect(performance.now() - startedAt).toBeLessThan(3_000);
});

test("a changed user invalidates all pages but no other user", async () => {
  const a = await openProcess();
  await a.user("user_1", async () => aUser("Ada"));
  await a.user("user_2", async () => aUser("Eve", { id: "user_2" }));
  await a.page("page=1", async () => ({ users: [], totalCount: 0 }));
  await a.page("page=2", async () => ({ users: [], totalCount: 0 }));
  await a.invalidate(["user_1"]);
  expect(await a.user("user_2", never)).toMatchObject({ firstName: "Eve" });
  for (const page of ["page=1", "page=2"]) {
    expect(await a.page(page, async () => ({ users: [], totalCount: 7 }))).toMatchObject({ totalCount: 7 });
  }
});

test("the absence of a user is not cached", async () => {
  const a = await openProcess();
  expect(await a.user("user_1", async () => undefined)).toBeUndefined();
  expect(await redis.exists(userKey(prefix, "user_1"))).toBe(0);
  expect(await a.user("user_1", async () => aUser("Ada"))).toMatchObject({ firstName: "Ada" });
});

test("every cache key expires except the page generation", async () => {
  const a = await openProcess();
  await a.user("user_1", async () => aUser("Ada"));
  await a.page("x".repeat(10_000), async () => ({ users: [], totalCount: 0 }));
  void a.user("user_hanging", () => new Promise<never>(() => {}));
  await waitFor("the lease exists", () => redis.exists(userKey(prefix, "user_hanging")));
  await a.invalidate(["user_2"]);
  const keys = await redis.keys(`{${prefix}:cache}:*`);
  expect(keys).toHaveLength(4);
  const withoutExpiry = [];
  for (const key of keys) {
    expect(key.length).toBeLessThan(200);
    if ((await redis.pttl(key)) < 0) withoutExpiry.push(key);
  }
  expect(withoutExpiry).toEqual([pageGenerationKey(prefix)]);
});

test("concurrent reads of one user in two processes make one load", async () => {
  const folder = await createFreshFolder();
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const variables = {
    REDIS_URL: inject("redisUrl"),
    REDIS_PREFIX: prefix,
    READS: "200",
    START: `${prefix}:start`,
    LOADS: `${prefix}:loads`,
    FINISH: `${prefix}:finish`,
  };
  const readers = [1, 2].map((name) =>
    spawnScript({ script: "test/support/programs/cache-reader.ts", variables, logFile: join(folder, `${name}.log`) }),
  );
  for (const { kill } of readers) onTestFinished(kill);
  const all = (what: string) =>
    waitFor(`both log ${what}`, async () => {
      const outputs = await Promise.all(readers.map(({ output }) => output()));
      return outputs.every((output) => output.includes(what)) && outputs;
    });
  await all('"waiting"');
  await redis.set(variables.START, "1", "EX", 60);
  await all('"reading"');
  await waitFor("one of them loads", () => redis.exists(variables.LOADS));
  await redis.set(variables.FINISH, "1", "EX", 60);
  for (const output of await all('"read"')) expect(output).toContain(`"times":200,"loads":1`);
  expect(await redis.getdel(variables.LOADS)).toBe("1");
});
