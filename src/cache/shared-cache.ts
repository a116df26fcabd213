import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { loadScript } from "../redis/load-script.ts";
import type { RedisClient } from "../redis/redis-client.ts";

/** What a read came to: the last is a load beside the cache, because Redis did not answer. */
type CacheOutcome = "hit" | "loaded" | "joined" | "waited" | "bypassed";

export interface SharedCacheDeps<T> {
  /** Must fail fast: a read waits for it before it loads by itself. */
  readonly redis: RedisClient;
  readonly ttlMs: number;
  readonly schema: z.ZodType<T>;
  readonly onOutcome: (outcome: CacheOutcome) => void;
}

/** The key of an entry and, where it has one, the key of its generation. */
type EntryKeys = readonly [entry: string, generation?: string];

export interface SharedCache<T> {
  /** Rejects only as `load` does. Undefined is answered and not kept, nor is what is larger than 256 KiB. */
  read(keys: EntryKeys, load: () => Promise<T>): Promise<T>;
}

/** A loader that has not renewed its lease for so long must be gone, ms. */
const leaseMs = 2_000;
const renewEveryMs = 500;
/** A load that takes longer holds nobody up any more, ms. */
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
  | { readonly outcome: "away" };

/**
 * A cache in Redis for all processes. Of those who miss an entry at the same time, in whatever process, one gets its lease
 * and loads; the others of its process join that load, those elsewhere wait for the value for as long as the loader lives.
 * What invalidates an entry ends its lease: a load that was under way is not kept, and who looks later does not join it.
 */
export function createSharedCache<T>({ redis, ttlMs, schema, onOutcome }: SharedCacheDeps<T>): SharedCache<T> {
  /** Loads of this process under way, and its waits for others', by lease. Who finds the lease still held may join. */
  const underWay = new Map<string, Promise<T>>();

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
        const joined = underWay.get(look.lease);
        onOutcome(joined === undefined ? "waited" : "joined");
        return joined ?? share(look.lease, waitFor(look.lease, keys, load));
      }
      case "away":
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
      return { outcome: "away" };
    } catch {
      // A Redis that was only slow may give the lease after we went: whoever comes then must not wait for us.
      void settle(token, keys, "");
      return { outcome: "away" };
    }
  }

  async function loadUnder(lease: string, keys: EntryKeys, load: () => Promise<T>): Promise<T> {
    let json = "";
    const renewing = renew(lease, keys);
    try {
      const value = await load();
      const whole = value === undefined ? "" : JSON.stringify(value);
      if (Buffer.byteLength(whole) <= maxValueBytes) json = whole;
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

  /** What Redis misses of it ends by itself. */
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
      if (look.outcome === "away") break;
      const joined = look.lease === lease ? undefined : underWay.get(look.lease);
      if (joined !== undefined) return joined;
    }
    return load();
  }

  function share(lease: string, work: Promise<T>): Promise<T> {
    underWay.set(lease, work);
    const forget = () => void (underWay.get(lease) === work && underWay.delete(lease));
    work.then(forget, forget);
    return work;
  }

  return { read };
}

const present = (keys: EntryKeys): string[] => keys.filter((key) => key !== undefined);
