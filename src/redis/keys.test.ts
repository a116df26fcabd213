import { expect, test } from "vitest";
import { redisKeys } from "./key-descriptions.ts";
import * as keys from "./keys.ts";

const prefix = "bridge";

/** A key, or the beginning of keys, that each function of the list makes. */
const examples: Readonly<Record<string, readonly string[]>> = {
  shardPrefix: [`${keys.shardPrefix(prefix, 3)}:${keys.shardQueueName}:wait`],
  shardPrefixes: keys.shardPrefixes(prefix, 2).map((shard) => `${shard}:${keys.shardQueueName}:meta`),
  probeKey: [keys.probeKey(keys.shardPrefix(prefix, 0))],
  ledgerKey: [keys.ledgerKey(keys.shardPrefix(prefix, 0))],
  indexKey: [keys.indexKey(keys.shardPrefix(prefix, 0))],
  pendingChangesKey: [keys.pendingChangesKey(keys.shardPrefix(prefix, 0))],
  deadLetterKeys: Object.values(keys.deadLetterKeys(prefix)),
  shardLayoutKey: [keys.shardLayoutKey(prefix)],
  reconciliationPrefix: [`${keys.reconciliationPrefix(prefix)}:reconciliation:delayed`],
  watermarkKey: [keys.watermarkKey(prefix)],
  backfillKey: [keys.backfillKey(prefix)],
  coverageKey: [keys.coverageKey(prefix)],
  lastRunsKey: [keys.lastRunsKey(prefix)],
  processesKey: [keys.processesKey(prefix)],
  consoleSessionKey: [keys.consoleSessionKey(prefix, "hash")],
  skippedShardsKey: [keys.skippedShardsKey(prefix)],
  clerkInstanceKey: [keys.clerkInstanceKey(prefix)],
  clerkBudgetPrefix: [`${keys.clerkBudgetPrefix(prefix)}:all`],
  rateLimitPrefix: [`${keys.rateLimitPrefix(prefix, "ip")}:203.0.113.7`],
  idempotencyKey: [keys.idempotencyKey(prefix, "0a1b")],
  cachePrefix: [`${keys.cachePrefix(prefix)}:user:user_1`],
  userKey: [keys.userKey(prefix, "user_1")],
  pageKey: [keys.pageKey(prefix, "a search")],
  pageGenerationKey: [keys.pageGenerationKey(prefix)],
  analyticsPrefix: [`${keys.analyticsPrefix(prefix)}:hour:2026-11-24T12`],
  auditStream: [keys.auditStream(prefix)],
  auditDenialsKey: [keys.auditDenialsKey(prefix)],
  decisionsKey: [keys.decisionsKey(prefix)],
  decisionsWantedKey: [keys.decisionsWantedKey(prefix)],
};

const patterns = redisKeys.map(({ pattern }) =>
  pattern
    .replaceAll("<prefix>", prefix)
    .replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
    .replaceAll(String.raw`\*`, ".+")
    .replaceAll(/<[^>]+>/g, ".+"),
);

test("the table of keys describes every key that the functions make", () => {
  const made = Object.entries(keys).flatMap(([name, value]) => (typeof value === "function" ? [name] : []));
  expect(Object.keys(examples).toSorted()).toEqual(made.toSorted());
  const undescribed = Object.values(examples)
    .flat()
    .filter((key) => !patterns.some((pattern) => new RegExp(`^${pattern}$`).test(key)));
  expect(undescribed).toEqual([]);
});

test("every row of the table of keys describes a key", () => {
  const unused = patterns.filter(
    (pattern) =>
      !Object.values(examples)
        .flat()
        .some((key) => new RegExp(`^${pattern}$`).test(key)),
  );
  expect(unused).toEqual([]);
});
