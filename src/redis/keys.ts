import { createHash } from "node:crypto";

/** One BullMQ queue for each shard. The hash tag keeps all keys of a shard, its ledger too, in one Redis Cluster slot. */
export const shardQueueName = "changes";

export const shardPrefix = (redisPrefix: string, shard: number): string => `{${redisPrefix}:${shard}}`;

export const shardPrefixes = (redisPrefix: string, shards: number): string[] =>
  Array.from({ length: shards }, (_, shard) => shardPrefix(redisPrefix, shard));

/** All that the reconciliation keeps in Redis is under one hash tag, in one slot of a cluster. */
export const reconciliationPrefix = (redisPrefix: string): string => `{${redisPrefix}:reconciliation}`;

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

/** The stream of the audit trail: the outbox that Kafka is filled from, and what `GET /api/audit` reads. One slot. */
export const auditStream = (redisPrefix: string): string => `{${redisPrefix}:audit}:entries`;

/** The consumer group by which the workers share the relaying. */
export const relayGroup = "kafka";

/** The one field of a stream entry: the {@link AuditEntry} as JSON. */
export const entryField = "entry";

/** The JSON in the fields of a stream entry, name and value in turn; "" when there is none. */
export function entryJson(fields: readonly string[]): string {
  const at = fields.indexOf(entryField);
  return at === -1 ? "" : (fields[at + 1] ?? "");
}
