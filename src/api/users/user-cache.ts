import { z } from "zod";
import type { Logger } from "../../shared/logger.ts";
import { type ApiUser, apiUserSchema } from "./user-schemas.ts";
import { type CacheConfig, createSharedCache, invalidateUsers } from "../../cache/shared-cache.ts";
import { pageGenerationKey, pageKey, userKey } from "../../redis/keys.ts";
import type { RedisClient } from "../../redis/redis-client.ts";
import { Counter, type Registry } from "prom-client";

export interface UserCacheDeps {
  /** A connection that fails fast, because requests wait for it. */
  readonly redis: RedisClient;
  readonly redisPrefix: string;
  readonly config: CacheConfig;
  readonly metrics: Pick<UserMetrics, "cacheReads" | "cacheInvalidationsFailed">;
  readonly log: Logger;
}

const pageSchema: z.ZodType<UserPage> = z.object({
  users: z.array(apiUserSchema),
  totalCount: z.number().int().nonnegative(),
});

/**
 * Creates the cache in Redis (see {@link createSharedCache}). Any changed user invalidates all pages. `invalidate` never
 * throws: while Redis is unavailable, the worker invalidates the same users when their change reaches it, and the time to
 * live bounds the rest.
 */
export function createUserCache({ redis, redisPrefix, config, metrics, log }: UserCacheDeps): UserCache {
  if (config.ttlMs === 0) {
    return { user: (_id, load) => load(), page: (_key, load) => load(), invalidate: async () => {} };
  }
  const { ttlMs } = config;
  const users = createSharedCache<ApiUser | undefined>({
    redis,
    ttlMs,
    schema: apiUserSchema,
    onOutcome: (outcome) => metrics.cacheReads.inc({ entry: "user", outcome }),
  });
  const pages = createSharedCache<UserPage>({
    redis,
    ttlMs,
    schema: pageSchema,
    onOutcome: (outcome) => metrics.cacheReads.inc({ entry: "page", outcome }),
  });
  return {
    user: (id, load) => users.read([userKey(redisPrefix, id)], load),
    page: (key, load) => pages.read([pageKey(redisPrefix, key), pageGenerationKey(redisPrefix)], load),
    invalidate: async (userIds) => {
      try {
        await invalidateUsers(redis, redisPrefix, userIds);
      } catch (error) {
        metrics.cacheInvalidationsFailed.inc();
        const reason = error instanceof Error ? error.message : String(error);
        log.warn({ event: "cache.not_invalidated", users: userIds.length, reason }, "Cache could not be invalidated");
      }
    },
  };
}

export interface UserPage {
  readonly users: readonly ApiUser[];
  readonly totalCount: number;
}

/**
 * A read-through cache of users and list pages, shared by all processes. Concurrent reads of one key share one load; while
 * Redis is unavailable, every read loads. `invalidate` takes effect in all processes at once.
 */
export interface UserCache {
  /** `load` returns undefined for a user that does not exist; this result is not cached. */
  user(id: string, load: () => Promise<ApiUser | undefined>): Promise<ApiUser | undefined>;
  page(key: string, load: () => Promise<UserPage>): Promise<UserPage>;
  invalidate(userIds: readonly string[]): Promise<void>;
}

export type UserMetrics = ReturnType<typeof createUserMetrics>;

/** The metrics of the user API. To be created once per registry. */
export function createUserMetrics(registry: Registry) {
  const registers = [registry];
  return {
    changes: new Counter({
      name: "bridge_api_changes_total",
      help: "Changes made through the API, by outcome: queued immediately, or left to Clerk's webhook",
      labelNames: ["outcome"],
      registers,
    }),
    cacheReads: new Counter({
      name: "bridge_cache_reads_total",
      help: "Reads of users and pages through the cache, by outcome",
      labelNames: ["entry", "outcome"],
      registers,
    }),
    cacheInvalidationsFailed: new Counter({
      name: "bridge_cache_invalidations_failed_total",
      help: "Changes whose cache invalidation failed because Redis was unavailable",
      registers,
    }),
  };
}
