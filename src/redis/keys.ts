import { createHash } from "node:crypto";
import { allShards } from "../domain/shard-of.ts";

// Every key that the project uses in Redis, by area. A hash tag ({…}) keeps the keys of one command, script or MULTI in one slot of
// a cluster. `key-descriptions.ts` describes them for operators.

/** The name of each shard's BullMQ queue. */
export const shardQueueName = "changes";

/** Prefix of a shard's keys: its queue and its ledger. */
export const shardPrefix = (redisPrefix: string, shard: number): string => `{${redisPrefix}:${shard}}`;

export const shardPrefixes = (redisPrefix: string, shards: number): string[] =>
  allShards(shards).map((shard) => shardPrefix(redisPrefix, shard));

/** Written by the readiness check, which must know whether Redis accepts writes. */
export const probeKey = (prefixOfShard: string): string => `${prefixOfShard}:probe`;

/** The ledger of the shard with this prefix. */
export const ledgerKey = (prefixOfShard: string): string => `${prefixOfShard}:ledger`;

/** The index of the ledger of the shard with this prefix. */
export const indexKey = (prefixOfShard: string): string => `${prefixOfShard}:index`;

/** Changes made through the API that the ledger of the shard with this prefix does not have yet. */
export const pendingChangesKey = (prefixOfShard: string): string => `${prefixOfShard}:pending`;

export const deadLetterKeys = (redisPrefix: string) => ({
  deadLetters: `{${redisPrefix}:dead}:letters`,
  byTime: `{${redisPrefix}:dead}:by-time`,
});

export const shardLayoutKey = (redisPrefix: string): string => `${redisPrefix}:topology`;

/** Prefix of what reconciliation stores: its BullMQ queue, the watermark and the progress of a backfill. */
export const reconciliationPrefix = (redisPrefix: string): string => `{${redisPrefix}:reconciliation}`;
export const watermarkKey = (redisPrefix: string): string => `${reconciliationPrefix(redisPrefix)}:watermark`;
export const backfillKey = (redisPrefix: string): string => `${reconciliationPrefix(redisPrefix)}:backfill`;
export const coverageKey = (redisPrefix: string): string => `${reconciliationPrefix(redisPrefix)}:covered`;
export const lastRunsKey = (redisPrefix: string): string => `${reconciliationPrefix(redisPrefix)}:last-runs`;
export const skippedShardsKey = (redisPrefix: string): string => `${reconciliationPrefix(redisPrefix)}:skipped`;

/** The session of an operator in the console; `secretHash`: of the secret in the cookie. */
export const consoleSessionKey = (redisPrefix: string, secretHash: string): string =>
  `${redisPrefix}:console-session:${secretHash}`;

/** What each running program last told of itself. */
export const processesKey = (redisPrefix: string): string => `${redisPrefix}:processes`;

/** Prefix of the shared budgets of requests to Clerk. */
export const clerkBudgetPrefix = (redisPrefix: string): string => `${redisPrefix}:clerk`;

/** The id of the Clerk instance whose users the bridge has published. */
export const clerkInstanceKey = (redisPrefix: string): string => `${redisPrefix}:clerk-instance`;

/** Prefix of the API's rate limit with this name. */
export const rateLimitPrefix = (redisPrefix: string, quota: string): string => `${redisPrefix}:limit:${quota}`;

/** `request`: a hash of caller, operation and `Idempotency-Key`. */
export const idempotencyKey = (redisPrefix: string, request: string): string => `${redisPrefix}:idempotency:${request}`;

/**
 * The cache. An entry is one key: a value, or the lease of the process that loads it.
 *
 *     value:<generation>:<JSON>      expires after the cache's time to live
 *     lease:<generation>:<token>     expires when its loader must have died
 */
export const cachePrefix = (redisPrefix: string) => `{${redisPrefix}:cache}`;

export const userKey = (redisPrefix: string, userId: string): string => `${cachePrefix(redisPrefix)}:user:${userId}`;

/** `key` can be as long as a search. */
export const pageKey = (redisPrefix: string, key: string): string =>
  `${cachePrefix(redisPrefix)}:page:${createHash("sha256").update(key).digest("base64url")}`;

/** A number that grows whenever a user changes. Pages of another generation are invalid. */
export const pageGenerationKey = (redisPrefix: string): string => `${cachePrefix(redisPrefix)}:page-generation`;

/** Prefix of the analytics' counters. */
export const analyticsPrefix = (redisPrefix: string): string => `{${redisPrefix}:analytics}`;

/** The stream of the audit trail: the outbox of the audit topic, and what `GET /api/audit` reads. */
export const auditStream = (redisPrefix: string): string => `{${redisPrefix}:audit}:entries`;
/** Which entries of the stream are denials. */
export const auditDenialsKey = (redisPrefix: string): string => `{${redisPrefix}:audit}:denials`;

/** What the workers decide, while an operator watches. The second key exists as long as an operator does. */
export const decisionsKey = (redisPrefix: string): string => `${redisPrefix}:decisions`;
export const decisionsWantedKey = (redisPrefix: string): string => `${redisPrefix}:decisions-wanted`;
