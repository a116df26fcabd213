import { type User, userSchema } from "@clerk-kafka-bridge/events";
import { z } from "zod";
import { ledgerKey } from "../../../src/redis/keys.ts";
import { shardPrefix } from "../../../src/redis/keys.ts";
import type { RedisClient } from "../../../src/redis/redis-client.ts";

const ledgerStateSchema = z.discriminatedUnion("status", [
  z.object({ status: z.literal("present"), user: userSchema }),
  z.object({ status: z.literal("deleted") }),
]);

/** The users in the ledger; `undefined` for a deleted user. */
export async function readLedger(
  redis: RedisClient,
  redisPrefix: string,
  shards: number,
): Promise<Map<string, User | undefined>> {
  const users = new Map<string, User | undefined>();
  for (let shard = 0; shard < shards; shard += 1) {
    const fields = await redis.hgetall(ledgerKey(shardPrefix(redisPrefix, shard)));
    for (const [userId, stored] of Object.entries(fields)) {
      if (userId.startsWith(" ")) continue;
      const state = ledgerStateSchema.parse(JSON.parse(stored.slice(stored.indexOf("|", stored.indexOf("|") + 1) + 1)));
      users.set(userId, state.status === "present" ? state.user : undefined);
    }
  }
  return users;
}
