import { z } from "zod";
import type { Logger } from "../../shared/logger.ts";
import type { UserMetrics } from "./user-metrics.ts";
import { type ApiUser, apiUserSchema } from "./api-user.ts";
import type { CacheConfig } from "../../cache/cache-config.ts";
import { pageGenerationKey, pageKey, userKey } from "../../redis/keys.ts";
import { invalidateUsers } from "../../cache/invalidate-users.ts";
import { createSharedCache } from "../../cache/shared-cache.ts";
import type { RedisClient } from "../../redis/redis-client.ts";

export interface UserCacheDeps {
  /** Must fail fast: requests wait for it. */
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
 * The users' cache in Redis (see {@link createSharedCache}). A page counts as changed when any user does. `invalidate` never
 * throws: should Redis be away, the worker invalidates the same users when their change reaches it, and the time to live
 * ends what both miss.
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
 * Users and list pages, kept in Redis for a while. While Redis is away everything is loaded; a stampede on one key makes
 * one load. `invalidate` is seen at once by every process.
 */
export interface UserCache {
  /** `load` answers undefined for a user that does not exist; that is not kept. */
  user(id: string, load: () => Promise<ApiUser | undefined>): Promise<ApiUser | undefined>;
  page(key: string, load: () => Promise<UserPage>): Promise<UserPage>;
  invalidate(userIds: readonly string[]): Promise<void>;
}
