import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { type RedisClient, loadScript } from "../redis/redis-client.ts";
import { pageGenerationKey, userKey } from "../redis/keys.ts";

/** The outcome of a read. `bypassed`: the value was loaded without the cache, because Redis did not answer. */
type CacheOutcome = "hit" | "loaded" | "joined" | "waited" | "bypassed";

export interface SharedCacheDeps<T> {
  /** Must fail fast, because a read waits for it before it loads without the cache. */
  readonly redis: RedisClient;
  readonly ttlMs: number;
  readonly schema: z.ZodType<T>;
  readonly onOutcome: (outcome: CacheOutcome) => void;
}

/** The key of an entry and, if it has one, the key of its generation. */
type EntryKeys = readonly [entry: string, generation?: string];

export interface SharedCache<T> {
  /** Rejects only as `load` does. Undefined and values above 256 KiB are returned but not stored. */
  read(keys: EntryKeys, load: () => Promise<T>): Promise<T>;
}

/** A loader that has not renewed its lease for this time has died. */
const leaseMs = 2_000;
const renewEveryMs = 500;
/** Other readers do not wait for a load that takes longer. */
const maxLoadMs = 20_000;
const pollIntervalMs = 20;
const maxValueBytes = 256 * 1024;

const lookUp = loadScript(new URL("look-up.lua", import.meta.url));
const renewLease = loadScript(new URL("renew-lease.lua", import.meta.url));
const settleLease = loadScript(new URL("settle-lease.lua", import.meta.url));
const replySchema = z.tuple([z.enum(["hit", "leased", "busy"]), z.string()]);

type Look<T> =
  | { readonly outcome: "hit"; readonly value: T }
  | { readonly outcome: "leased" | "busy"; readonly lease: string }
  | { readonly outcome: "unavailable" };

/**
 * A cache in Redis that all processes share. Of the readers that miss an entry at the same time, one gets its lease and loads the
 * value. Readers of the same process join that load; readers of other processes wait for the value while the loader lives. An
 * invalidation ends the lease: a load in progress is not stored, and later readers do not join it.
 */
export function createSharedCache<T>({ redis, ttlMs, schema, onOutcome }: SharedCacheDeps<T>): SharedCache<T> {
  /** This process's loads, and its waits for loads elsewhere, by lease. A reader that finds the lease still held may join. */
  const inFlight = new Map<string, Promise<T>>();

  async function read(keys: EntryKeys, load: () => Promise<T>): Promise<T> {
    const look = await lookAt(keys);
    switch (look.outcome) {
      case "hit":
        onOutcome("hit");
        return look.value;
      case "leased":
        onOutcome("loaded");
        return share(look.lease, loadUnder(look.lease, keys, load));
      case "busy": {
        const joined = inFlight.get(look.lease);
        onOutcome(joined === undefined ? "waited" : "joined");
        return joined ?? share(look.lease, waitFor(look.lease, keys, load));
      }
      case "unavailable":
        onOutcome("bypassed");
        return load();
    }
  }

  async function lookAt(keys: EntryKeys): Promise<Look<T>> {
    const token = randomUUID();
    try {
      const [outcome, detail] = replySchema.parse(await lookUp(redis, present(keys), [token, String(leaseMs)]));
      if (outcome !== "hit") return { outcome, lease: detail };
      const stored = schema.safeParse(JSON.parse(detail));
      if (stored.success) return { outcome, value: stored.data };
      // Another version of this program wrote it.
      await redis.unlink(keys[0]);
      return { outcome: "unavailable" };
    } catch {
      // A slow Redis can still grant the lease after this timeout; the next reader must not wait for it.
      void settle(token, keys, "");
      return { outcome: "unavailable" };
    }
  }

  async function loadUnder(lease: string, keys: EntryKeys, load: () => Promise<T>): Promise<T> {
    let json = "";
    const renewing = renew(lease, keys);
    try {
      const value = await load();
      const serialized = value === undefined ? "" : JSON.stringify(value);
      if (Buffer.byteLength(serialized) <= maxValueBytes) json = serialized;
      return value;
    } finally {
      clearInterval(renewing);
      await settle(lease, keys, json);
    }
  }

  function renew(lease: string, keys: EntryKeys): NodeJS.Timeout {
    const until = performance.now() + maxLoadMs;
    const renewing = setInterval(() => {
      if (performance.now() > until) clearInterval(renewing);
      else renewLease(redis, [keys[0]], [lease, String(leaseMs)]).catch(() => {});
    }, renewEveryMs);
    return renewing.unref();
  }

  /** A lease that Redis does not settle expires by itself. */
  async function settle(lease: string, keys: EntryKeys, json: string): Promise<void> {
    await settleLease(redis, [keys[0]], [lease, json, String(ttlMs)]).catch(() => {});
  }

  async function waitFor(lease: string, keys: EntryKeys, load: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + maxLoadMs;
    while (performance.now() < deadline) {
      await delay(pollIntervalMs);
      const look = await lookAt(keys);
      if (look.outcome === "hit") return look.value;
      if (look.outcome === "leased") return share(look.lease, loadUnder(look.lease, keys, load));
      if (look.outcome === "unavailable") break;
      const joined = look.lease === lease ? undefined : inFlight.get(look.lease);
      if (joined !== undefined) return joined;
    }
    return load();
  }

  function share(lease: string, work: Promise<T>): Promise<T> {
    inFlight.set(lease, work);
    const forget = () => void (inFlight.get(lease) === work && inFlight.delete(lease));
    work.then(forget, forget);
    return work;
  }

  return { read };
}

const present = (keys: EntryKeys): string[] => keys.filter((key) => key !== undefined);

export const CACHE_ENVIRONMENT = {
  CACHE_TTL_MS: z.coerce
    .number()
    .int()
    .min(0)
    .default(60_000)
    .describe("Time that users and pages of lists are cached in Redis, in ms; 0 turns the cache off"),
};
type Environment = z.infer<z.ZodObject<typeof CACHE_ENVIRONMENT>>;

export interface CacheConfig {
  /** 0: no cache. */
  readonly ttlMs: number;
}

export const toCacheConfig = (env: Environment): CacheConfig => ({ ttlMs: env.CACHE_TTL_MS });

/**
 * Invalidates these users and all pages of lists for every process in one round trip. Loads in progress are not stored. Throws while
 * Redis is unavailable.
 */
export async function invalidateUsers(
  redis: RedisClient,
  redisPrefix: string,
  userIds: readonly string[],
): Promise<void> {
  if (userIds.length === 0) return;
  const replies = await redis
    .multi()
    .unlink(...userIds.map((userId) => userKey(redisPrefix, userId)))
    .incr(pageGenerationKey(redisPrefix))
    .exec();
  const failure = replies?.find(([error]) => error)?.[0];
  if (failure || !replies) throw new Error("Redis did not invalidate", { cause: failure });
}
