import { z } from "zod";
import type { State } from "../domain/state.ts";
import { indexKey, ledgerKey, pendingChangesKey } from "../redis/keys.ts";
import { decodeLedgerState, encodeLedgerState, encodePlaces, placesOf, recencyOf } from "./ledger-entry.ts";
import { type RedisClient, loadScript } from "../redis/redis-client.ts";

/**
 * A shard's ledger is one Redis hash. It holds the states, and under reserved names the proof that they are complete. The names
 * contain a blank, which no user id does. States and proof share one key so that they can only be lost together. The number
 * of users shows the loss of a field, and the number of members the loss of the index, which is a key of its own.
 *
 *     <user id>       the user's state, see ledger-entry.ts
 *     " barrier"      offset of the owner's barrier
 *     " barrierId"    id of the owner's barrier
 *     " cluster"      id of the Kafka cluster
 *     " replication"  replication id of the Redis data at the claim; "" when Redis does not tell it
 *     " offset"       the checkpoint: the ledger has every state of the partition below it
 *     " last"         digest of the record just below the checkpoint; "" when the checkpoint is 0
 *     " users"        number of users; the hash has eight fields more
 *     " members"      number of members of the index
 */
export const proofFields = [
  " barrier",
  " barrierId",
  " cluster",
  " replication",
  " offset",
  " last",
  " users",
  " members",
] as const;

/** The proof of a shard's ledger: its last claim, its Kafka cluster, and the offset up to which it is complete. */
export interface Checkpoint {
  readonly barrier: bigint;
  readonly barrierId: string;
  readonly cluster: string;
  /** The ledger has every state of the partition below this offset. */
  readonly offset: bigint;
  /** Digest of the record just below the offset; "" when the offset is 0. */
  readonly last: string;
}

/** The ledger before a claim. */
export interface LedgerSnapshot {
  /** The id of the last claim's barrier; "" for none. */
  readonly claimedBy: string;
  /** `missing`: there is no ledger. `incomplete`: a part of it is lost. */
  readonly checkpoint: Checkpoint | "missing" | "incomplete";
  /** The number of users, deleted ones included. */
  readonly users: number;
  /** The replication id of the data; "" when Redis does not tell it. */
  readonly replication: string;
  /** A replica has become the master since the last claim: the last acknowledged writes may be lost, messages included. */
  readonly failedOver: boolean;
}

/**
 * The checkpoint as its owner last wrote it. Every call compares it with the stored one first. The id of the barrier tells the
 * owner's claim from one that an older copy of Redis brings back: a partition with other content can have a barrier at the same offset.
 */
export interface ClaimedCheckpoint {
  readonly barrier: bigint;
  readonly barrierId: string;
  readonly offset: bigint;
}

/**
 * `superseded`: a later owner has claimed the shard. `lost`: Redis has lost data, because a part of the ledger is missing or
 * unreadable, or the checkpoint is older than this owner's last write. In both cases nothing was read or changed.
 */
export type LedgerConflict = { readonly outcome: "superseded" | "lost" };
type StatesRead = { readonly outcome: "read"; readonly states: Map<string, State> } | LedgerConflict;
export type LedgerApplied = { readonly outcome: "applied" } | LedgerConflict;

interface StateToApply {
  readonly userId: string;
  readonly offset: bigint;
  /** Undefined when the user's state has left this shard; the ledger then deletes it. */
  readonly state: State | undefined;
}

/** States that follow the checkpoint, and the checkpoint behind them with the digest of the record just below it. */
interface StatesToApply extends Pick<Checkpoint, "offset" | "last"> {
  readonly states: readonly StateToApply[];
}

/** One shard's part of the ledger: the copy of its states in Redis. Kafka has the truth, and the ledger can be rebuilt from it. */
export interface ShardLedger {
  inspect(): Promise<LedgerSnapshot>;
  /** Makes `own` the only owner whose writes are accepted. False when the ledger has changed since `inspect`. */
  claim(
    seen: LedgerSnapshot,
    own: Pick<Checkpoint, "barrier" | "barrierId" | "cluster">,
    states: "reuse" | "rebuild",
  ): Promise<boolean>;
  read(claimed: ClaimedCheckpoint, userIds: readonly string[]): Promise<StatesRead>;
  apply(claimed: ClaimedCheckpoint, next: StatesToApply): Promise<LedgerApplied>;
}

const inspectLedger = loadScript(new URL("inspect-ledger.lua", import.meta.url));
const claimShard = loadScript(new URL("claim-shard.lua", import.meta.url));
const readStates = loadScript(new URL("read-states.lua", import.meta.url));
const applyStates = loadScript(new URL("apply-states.lua", import.meta.url));
const bigint = z.string().regex(/^\d+$/).transform(BigInt);
const proofSchema = z.object({
  " barrier": bigint,
  " barrierId": z.string().min(1),
  " cluster": z.string().min(1),
  " offset": bigint,
  " last": z.string(),
  " users": z.coerce.number().int().nonnegative(),
  " members": z.string().regex(/^\d+$/).transform(Number),
});
const inspectionSchema = z.tuple([z.string(), z.number(), z.number(), z.number()], z.string());
const replySchema = z.tuple([z.number()], z.string().nullable());

/** Newer than every pending change, which a user who leaves the shard leaves behind. */
const newest = String(Number.MAX_SAFE_INTEGER);

/** Opens the ledger of the shard with this prefix. Every call throws what Redis throws. */
export function createShardLedger(redis: RedisClient, keyPrefix: string): ShardLedger {
  const keys = [ledgerKey(keyPrefix), indexKey(keyPrefix)];

  return {
    inspect: async () => {
      const [replication, failedOver, fields, members, ...values] = inspectionSchema.parse(
        await inspectLedger(redis, keys, proofFields),
      );
      const proof = Object.fromEntries(proofFields.map((name, index) => [name, values[index] ?? ""]));
      return {
        claimedBy: proof[" barrierId"] ?? "",
        checkpoint: fields === 0 ? "missing" : (checkpointOf(proof, fields, members) ?? "incomplete"),
        users: Math.max(0, fields - proofFields.length),
        replication,
        failedOver: failedOver === 1,
      };
    },
    claim: async ({ claimedBy, replication }, { barrier, barrierId, cluster }, states) =>
      (await claimShard(redis, keys, [claimedBy, String(barrier), barrierId, cluster, replication, states])) === 1,
    read: async (claimed, userIds) => {
      const [found, ...values] = replySchema.parse(
        await readStates(redis, keys, [...argumentsOf(claimed), ...userIds]),
      );
      if (found === 0) return conflictOf(claimed, values[0]);
      const states = new Map<string, State>();
      for (const [index, userId] of userIds.entries()) {
        const value = values[index];
        if (typeof value !== "string") continue;
        const state = decodeLedgerState(value);
        if (state === undefined) {
          // The next owner must not trust the entry either.
          await forgetLedger(redis, keyPrefix);
          return { outcome: "lost" };
        }
        states.set(userId, state);
      }
      return { outcome: "read", states };
    },
    apply: async (claimed, { offset, last, states }) => {
      const flat = states.flatMap((applied) => [
        applied.userId,
        String(applied.offset),
        ...(applied.state === undefined
          ? ["", "", newest]
          : [
              encodePlaces(placesOf(applied.state)),
              encodeLedgerState(applied.state),
              String(recencyOf(applied.state)),
            ]),
      ]);
      const [done, barrier] = replySchema.parse(
        await applyStates(
          redis,
          [...keys, pendingChangesKey(keyPrefix)],
          [...argumentsOf(claimed), String(offset), last, ...flat],
        ),
      );
      return done === 1 ? { outcome: "applied" } : conflictOf(claimed, barrier);
    },
  };
}

/** Undefined when a part of the ledger is lost. */
function checkpointOf(
  proof: Readonly<Record<string, string>>,
  fields: number,
  members: number,
): Checkpoint | undefined {
  const { data } = proofSchema.safeParse(proof);
  if (data === undefined || fields !== data[" users"] + proofFields.length || members !== data[" members"])
    return undefined;
  return {
    barrier: data[" barrier"],
    barrierId: data[" barrierId"],
    cluster: data[" cluster"],
    offset: data[" offset"],
    last: data[" last"],
  };
}

const argumentsOf = (claimed: ClaimedCheckpoint) => [claimed.barrierId, String(claimed.offset)];

const conflictOf = (claimed: ClaimedCheckpoint, barrier: string | null | undefined): LedgerConflict => ({
  outcome: /^\d+$/.test(barrier ?? "") && BigInt(barrier ?? 0) > claimed.barrier ? "superseded" : "lost",
});

/** Deletes a shard's ledger, so that its owner finds it lost within seconds and rebuilds it from Kafka. */
export async function forgetLedger(redis: RedisClient, keyPrefix: string): Promise<void> {
  await redis.unlink(ledgerKey(keyPrefix));
}
