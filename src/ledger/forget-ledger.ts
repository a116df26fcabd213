import { ledgerKeys } from "./open-ledger.ts";
import type { RedisClient } from "../redis/redis-client.ts";

/**
 * Forgets a shard's checkpoint, so that its owner (who looks every few seconds) finds it lost and makes the ledger anew
 * from Kafka. The states stay until then; nobody trusts them without a checkpoint.
 */
export async function forgetLedger(redis: RedisClient, keyPrefix: string): Promise<void> {
  await redis.del(ledgerKeys(keyPrefix).checkpoint);
}
