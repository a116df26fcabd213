import { createHash } from "node:crypto";

/**
 * The cache's keys, all in one slot. An entry is one key: a value, or the lease of whoever loads it.
 *
 *     value:<generation>:<JSON>      expires after the cache's time to live
 *     lease:<generation>:<token>     expires when the loader must be gone
 */
const slot = (redisPrefix: string) => `{${redisPrefix}:cache}`;

export const userKey = (redisPrefix: string, userId: string): string => `${slot(redisPrefix)}:user:${userId}`;

/** A page's own key may be as long as a search is. */
export const pageKey = (redisPrefix: string, key: string): string =>
  `${slot(redisPrefix)}:page:${createHash("sha256").update(key).digest("base64url")}`;

/** A number that moves whenever any user changes: pages of another generation count for nothing. */
export const pageGenerationKey = (redisPrefix: string): string => `${slot(redisPrefix)}:page-generation`;
