import { z } from "zod";
import type { State } from "../domain/state.ts";
import { decodeLedgerState, encodeLedgerState } from "./ledger-state.ts";
import { loadScript } from "../redis/load-script.ts";
import type { RedisClient } from "../redis/redis-client.ts";

/** Where a shard's ledger stands: who claimed it last, from which cluster, and up to where it is complete. */
interface Checkpoint {
  readonly barrier: bigint;
  readonly barrierId: string;
  readonly cluster: string;
  /** The ledger holds every state of the partition below this offset. */
  readonly offset: bigint;
}

/** What stands in the ledger before a claim; no checkpoint when there is none, or none that can be read. */
export interface LedgerSnapshot {
  readonly claimedBy: string;
  readonly checkpoint: Checkpoint | undefined;
  /** Which server's writes the data goes back to; "" where Redis does not say. */
  readonly replication: string;
  /** A replica has become the master since the last claim: what was acknowledged last may be lost, messages too. */
  readonly failedOver: boolean;
}

/** What an owner believes the ledger's checkpoint to be; every call compares it first. */
export interface ClaimedCheckpoint {
  readonly barrier: bigint;
  readonly offset: bigint;
}

/**
 * `superseded`: a later owner has claimed the shard. `lost`: the checkpoint is gone or older than what this owner wrote,
 * so Redis lost data. Either way nothing was read or changed.
 */
export type LedgerConflict = { readonly outcome: "superseded" | "lost" };
type StatesRead = { readonly outcome: "read"; readonly states: Map<string, State> } | LedgerConflict;
export type LedgerApplied = { readonly outcome: "applied" } | LedgerConflict;

interface StateToApply {
  readonly userId: string;
  readonly offset: bigint;
  /** Undefined when the user's state is no longer in this shard: then the ledger forgets it. */
  readonly state: State | undefined;
}

/** One shard's part of the ledger: the Redis copy of its states. Kafka has the truth; all of this can be made anew from it. */
export interface ShardLedger {
  inspect(): Promise<LedgerSnapshot>;
  /** Makes `own` the only owner whose states are taken. False when somebody else has claimed since the look. */
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

/** Where a shard's ledger is in Redis. */
export const ledgerKeys = (keyPrefix: string) => ({
  states: `${keyPrefix}:ledger:states`,
  checkpoint: `${keyPrefix}:ledger:checkpoint`,
});

/** Opens the ledger of a shard; `keyPrefix` holds the shard's hash tag. Throws what Redis throws, when it is away. */
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
 * Forgets a shard's checkpoint, so that its owner (who looks every few seconds) finds it lost and makes the ledger anew
 * from Kafka. The states stay until then; nobody trusts them without a checkpoint.
 */
export async function forgetLedger(redis: RedisClient, keyPrefix: string): Promise<void> {
  await redis.del(ledgerKeys(keyPrefix).checkpoint);
}
