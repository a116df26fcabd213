import { pageGenerationKey, userKey } from "../redis/keys.ts";
import type { RedisClient } from "../redis/redis-client.ts";

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
