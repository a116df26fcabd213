import { z } from "zod";
import type { State } from "../domain/state.ts";
import { decodeLedgerState, encodeLedgerState } from "./ledger-state.ts";
import { ledgerKeys } from "../redis/keys.ts";
import { loadScript } from "../redis/load-script.ts";
import type { RedisClient } from "../redis/redis-client.ts";

/** The proof of a shard's ledger: its last claim, its Kafka cluster, and the offset up to which it is complete. */
interface Checkpoint {
  readonly barrier: bigint;
  readonly barrierId: string;
  readonly cluster: string;
  /** The ledger has every state of the partition below this offset. */
  readonly offset: bigint;
}

/** The ledger before a claim. There is no checkpoint when none is stored, or none that can be decoded. */
export interface LedgerSnapshot {
  readonly claimedBy: string;
  readonly checkpoint: Checkpoint | undefined;
  /** The replication id of the data; "" when Redis does not tell it. */
  readonly replication: string;
  /** A replica has become the master since the last claim: the last acknowledged writes may be lost, messages included. */
  readonly failedOver: boolean;
}

/** The checkpoint as its owner last wrote it. Every call compares it with the stored one first. */
export interface ClaimedCheckpoint {
  readonly barrier: bigint;
  readonly offset: bigint;
}

/**
 * `superseded`: a later owner has claimed the shard. `lost`: the checkpoint is missing or older than this owner's last write, so
 * Redis has lost data. In both cases nothing was read or changed.
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

/** One shard's part of the ledger: the copy of its states in Redis. Kafka has the truth, and the ledger can be rebuilt from it. */
export interface ShardLedger {
  inspect(): Promise<LedgerSnapshot>;
  /** Makes `own` the only owner whose writes are accepted. False when another owner has claimed the ledger since `inspect`. */
  claim(seen: LedgerSnapshot, own: Omit<Checkpoint, "offset">, states: "reuse" | "rebuild"): Promise<boolean>;
  read(claimed: ClaimedCheckpoint, userIds: readonly string[]): Promise<StatesRead>;
  apply(claimed: ClaimedCheckpoint, offset: bigint, states: readonly StateToApply[]): Promise<LedgerApplied>;
}

const inspectLedger = loadScript(new URL("inspect-ledger.lua", import.meta.url));
const claimShard = loadScript(new URL("claim-shard.lua", import.meta.url));
const readStates = loadScript(new URL("read-states.lua", import.meta.url));
const applyStates = loadScript(new URL("apply-states.lua", import.meta.url));
const bigint = z.string().regex(/^\d+$/).transform(BigInt);
const checkpointSchema = z.object({ barrier: bigint, barrierId: z.string(), cluster: z.string(), offset: bigint });
const inspectionSchema = z.tuple([z.string(), z.number()], z.string());
const replySchema = z.tuple([z.number()], z.string().nullable());

/** Opens the ledger of the shard with this prefix. Every call throws what Redis throws. */
export function createShardLedger(redis: RedisClient, keyPrefix: string): ShardLedger {
  const at = ledgerKeys(keyPrefix);
  const keys = [at.states, at.checkpoint];

  return {
    inspect: async () => {
      const [replication, failedOver, ...flat] = inspectionSchema.parse(
        await inspectLedger(redis, [at.checkpoint], []),
      );
      const stored = Object.fromEntries(
        flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1]]] : [])),
      );
      return {
        claimedBy: stored["barrier"] ?? "",
        checkpoint: checkpointSchema.safeParse(stored).data,
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
      userIds.forEach((userId, index) => {
        const value = values[index];
        if (typeof value === "string") states.set(userId, decodeLedgerState(value));
      });
      return { outcome: "read", states };
    },
    apply: async (claimed, offset, states) => {
      const flat = states.flatMap((applied) => [
        applied.userId,
        String(applied.offset),
        applied.state === undefined ? "" : encodeLedgerState(applied.state),
      ]);
      const [done, barrier] = replySchema.parse(
        await applyStates(redis, keys, [...argumentsOf(claimed), String(offset), ...flat]),
      );
      return done === 1 ? { outcome: "applied" } : conflictOf(claimed, barrier);
    },
  };
}

const argumentsOf = (claimed: ClaimedCheckpoint) => [String(claimed.barrier), String(claimed.offset)];

const conflictOf = (claimed: ClaimedCheckpoint, barrier: string | null | undefined): LedgerConflict => ({
  outcome: typeof barrier === "string" && BigInt(barrier) > claimed.barrier ? "superseded" : "lost",
});

/**
 * Deletes a shard's checkpoint, so that its owner finds the ledger lost within seconds and rebuilds it from Kafka. The states stay
 * until then, and no process trusts them without a checkpoint.
 */
export async function forgetLedger(redis: RedisClient, keyPrefix: string): Promise<void> {
  await redis.del(ledgerKeys(keyPrefix).checkpoint);
}
