import {
  analyticsPrefix,
  auditDenialsKey,
  auditStream,
  backfillKey,
  cachePrefix,
  clerkBudgetPrefix,
  clerkInstanceKey,
  consoleSessionKey,
  coverageKey,
  deadLetterKeys,
  decisionsKey,
  decisionsWantedKey,
  idempotencyKey,
  indexKey,
  lastRunsKey,
  ledgerKey,
  pageGenerationKey,
  pendingChangesKey,
  probeKey,
  processesKey,
  rateLimitPrefix,
  reconciliationPrefix,
  shardLayoutKey,
  shardQueueName,
  skippedShardsKey,
  userKey,
  watermarkKey,
} from "./keys.ts";

export interface KeyDescription {
  /** The key, with `<prefix>` for REDIS_PREFIX and other variable parts in angle brackets. */
  readonly pattern: string;
  readonly type: string;
  readonly holds: string;
  readonly ifLost: string;
}

const prefix = "<prefix>";
const shardTag = `{${prefix}:<shard>}`;

/** All keys, for `docs/redis.md`. */
export const redisKeys: readonly KeyDescription[] = [
  {
    pattern: `${shardTag}:${shardQueueName}:*`,
    type: "BullMQ queue",
    holds: "messages that wait for a worker",
    ifLost: "Messages that were accepted and not yet published. Reconciliation publishes the changes.",
  },
  {
    pattern: ledgerKey(shardTag),
    type: "hash",
    holds: "the last published state of each user of the shard, with the proof that they are complete",
    ifLost: "The owner rebuilds the ledger from Kafka.",
  },
  {
    pattern: indexKey(shardTag),
    type: "sorted set",
    holds: "the users of the ledger by role in each order (`sort`), for `GET /api/users?role=`",
    ifLost: "The owner rebuilds the ledger and the index from Kafka.",
  },
  {
    pattern: pendingChangesKey(shardTag),
    type: "hash",
    holds:
      "changes made through the API whose events are not committed yet, for lists; expires a day after the last one",
    ifLost: "Lists by role show these changes when their events are committed.",
  },
  { pattern: probeKey(shardTag), type: "string", holds: "nothing: `/readyz` writes it", ifLost: "Nothing." },
  {
    pattern: deadLetterKeys(prefix).deadLetters,
    type: "hash",
    holds: "dead letters",
    ifLost: "Dead letters that were not yet inspected.",
  },
  {
    pattern: deadLetterKeys(prefix).byTime,
    type: "sorted set",
    holds: "the dead letters' ids by time",
    ifLost: "Dead letters are not listed any more.",
  },
  {
    pattern: processesKey(prefix),
    type: "hash",
    holds: "what each running program last told of itself, for `bridge status`; expires after a minute without one",
    ifLost: "Each program tells it again within two seconds.",
  },
  {
    pattern: consoleSessionKey(prefix, "<hash>"),
    type: "string",
    holds: "an operator who is signed in to the console; expires after CONSOLE_SESSION_MINUTES",
    ifLost: "The operator signs in again.",
  },
  {
    pattern: shardLayoutKey(prefix),
    type: "string",
    holds: "the number of shards, and a change of it in progress",
    ifLost: "The next worker derives it from Kafka.",
  },
  {
    pattern: `${reconciliationPrefix(prefix)}:*`,
    type: "BullMQ queue",
    holds: "the schedule of the reconciliation",
    ifLost: "The next worker creates it again.",
  },
  {
    pattern: watermarkKey(prefix),
    type: "string",
    holds: "the time up to which Clerk's changes have been compared",
    ifLost: "A full sweep begins.",
  },
  {
    pattern: backfillKey(prefix),
    type: "string",
    holds: "the progress of an interrupted backfill",
    ifLost: "The backfill starts from the beginning, without duplicates.",
  },
  {
    pattern: coverageKey(prefix),
    type: "string",
    holds: "when a backfill or a full sweep had last queued every user that the bridge did not know",
    ifLost: "Lists by role are read from Clerk until the next full sweep has ended.",
  },
  {
    pattern: lastRunsKey(prefix),
    type: "hash",
    holds: "the last successful run of the reconciliation, by kind: its time and its findings",
    ifLost: "Metrics and `bridge status` show no last run until the next one.",
  },
  {
    pattern: skippedShardsKey(prefix),
    type: "set",
    holds: "shards that runs have skipped because their ledgers were incomplete",
    ifLost: "A full sweep begins, as after every loss.",
  },
  {
    pattern: `${clerkBudgetPrefix(prefix)}:*`,
    type: "string",
    holds: "requests to Clerk in the current window",
    ifLost: "The window starts again.",
  },
  {
    pattern: clerkInstanceKey(prefix),
    type: "string",
    holds: "the Clerk instance whose users the bridge has published",
    ifLost: "The instance of CLERK_SECRET_KEY is remembered again.",
  },
  {
    pattern: rateLimitPrefix(prefix, "<name>:<key>"),
    type: "string",
    holds: "requests of one address or caller in the current window",
    ifLost: "The window starts again.",
  },
  {
    pattern: idempotencyKey(prefix, "<hash>"),
    type: "string",
    holds: "the response to a request with an Idempotency-Key",
    ifLost: "A repeated request runs again.",
  },
  { pattern: userKey(prefix, "<user>"), type: "string", holds: "a cached user", ifLost: "It is read from Clerk." },
  {
    pattern: `${cachePrefix(prefix)}:page:<hash>`,
    type: "string",
    holds: "a cached page of a list",
    ifLost: "It is read from Clerk.",
  },
  {
    pattern: pageGenerationKey(prefix),
    type: "string",
    holds: "the generation of cached pages",
    ifLost: "Cached pages can be outdated for CACHE_TTL_MS.",
  },
  {
    pattern: `${analyticsPrefix(prefix)}:*`,
    type: "hash, set, HyperLogLog",
    holds: "counts by hour and day",
    ifLost: "The counts so far.",
  },
  {
    pattern: auditStream(prefix),
    type: "stream",
    holds: "audit entries: those that Kafka does not have yet, and those that GET /api/audit shows",
    ifLost: "Entries that were not yet in Kafka.",
  },
  {
    pattern: auditDenialsKey(prefix),
    type: "sorted set",
    holds: "the ids of the trail's entries about denials, which are limited by themselves",
    ifLost: "The denials so far count as other entries.",
  },
  {
    pattern: decisionsKey(prefix),
    type: "stream",
    holds: "the latest decisions, while `bridge tail --decisions` runs",
    ifLost: "Nothing.",
  },
  {
    pattern: decisionsWantedKey(prefix),
    type: "string",
    holds: "the wish of a running `bridge tail --decisions`; expires after 10 s",
    ifLost: "Nothing.",
  },
];
