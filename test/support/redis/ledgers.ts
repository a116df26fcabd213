import { createShardOf } from "../../../src/domain/shard-of.ts";
import type { State } from "../../../src/domain/state.ts";
import { createShardLedger } from "../../../src/ledger/shard-ledger.ts";
import { shardPrefixes } from "../../../src/redis/keys.ts";
import type { RedisClient } from "../../../src/redis/redis-client.ts";

/** The ledgers of all shards, owned by the test. */
export interface OwnedLedgers {
  /** Applies states as the owners of their shards do; undefined for a user who leaves the shard. */
  apply(states: ReadonlyMap<string, State | undefined>): Promise<void>;
  /** What the owner of a user's shard gets when it reads no state, as an idle owner does to check its ledger. */
  check(userId: string): Promise<string>;
}

/** Claims new ledgers for all shards. */
export async function ownLedgers(redis: RedisClient, redisPrefix: string, shards: number): Promise<OwnedLedgers> {
  const shardOf = createShardOf(shards);
  const claimed = { barrier: 0n, barrierId: "barrier" };
  const owners = shardPrefixes(redisPrefix, shards).map((prefix) => ({
    ledger: createShardLedger(redis, prefix),
    offset: 0n,
  }));
  for (const owner of owners) {
    await owner.ledger.claim(await owner.ledger.inspect(), { ...claimed, cluster: "cluster" }, "rebuild");
  }
  const apply = async (states: ReadonlyMap<string, State | undefined>) => {
    for (const [shard, owner] of owners.entries()) {
      const own = [...states].filter(([userId]) => shardOf(userId) === shard);
      const first = owner.offset + 1n;
      const placed = own.map(([userId, state], index) => ({ userId, state, offset: first + BigInt(index) }));
      const offset = first + BigInt(placed.length);
      const from = { ...claimed, offset: owner.offset };
      const { outcome } = await owner.ledger.apply(from, { offset, last: "digest", states: placed });
      if (outcome !== "applied") throw new Error(`the ledger of shard ${shard} is ${outcome}`);
      owner.offset = offset;
    }
  };
  await apply(new Map());
  const check = async (userId: string) => {
    const owner = owners[shardOf(userId)];
    return owner === undefined
      ? "no shard"
      : (await owner.ledger.read({ ...claimed, offset: owner.offset }, [])).outcome;
  };
  return { apply, check };
}
