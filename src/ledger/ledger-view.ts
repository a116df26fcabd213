import type { State } from "../domain/state.ts";
import { decodeLedgerState } from "./ledger-state.ts";
import { ledgerKeys } from "../redis/keys.ts";
import type { RedisClient } from "../redis/redis-client.ts";

interface LedgerEntry {
  readonly userId: string;
  /** Undefined when the stored text cannot be decoded. */
  readonly state: State | undefined;
}

/**
 * A shard's ledger for processes that do not own the shard. What it returns can be outdated at once. It serves to find users that
 * are worth a message, and never to decide one.
 */
export interface LedgerView {
  /** The states of these users. `complete` is false while the ledger is being rebuilt from Kafka, or when it is lost. */
  read(
    userIds: readonly string[],
  ): Promise<{ readonly complete: boolean; readonly states: ReadonlyMap<string, State> }>;
  /** The entries of these users that exist, decodable or not. */
  find(userIds: readonly string[]): Promise<readonly LedgerEntry[]>;
  /** Every user who is in the ledger during the whole scan. Others may be missing, and some may come twice. */
  scan(): AsyncGenerator<readonly LedgerEntry[]>;
  /** The number of users in the ledger, deleted ones included. */
  count(): Promise<number>;
}

const scanCount = 1_000;

/** Every call throws what Redis throws. */
export function createLedgerView(redis: RedisClient, keyPrefix: string): LedgerView {
  const { states, checkpoint } = ledgerKeys(keyPrefix);
  return {
    read: async (userIds) => {
      const transaction = redis.multi().hmget(checkpoint, "barrier", "offset");
      if (userIds.length > 0) transaction.hmget(states, ...userIds);
      const [place, found] = (await transaction.exec()) ?? [];
      const failure = place?.[0] ?? found?.[0];
      if (failure) throw failure;
      const [barrier, offset] = textsOf(place?.[1]);
      const values = textsOf(found?.[1]);
      return {
        // An owner restores the ledger up to its own barrier and then moves the checkpoint past it.
        complete: barrier !== undefined && offset !== undefined && BigInt(offset) > BigInt(barrier),
        states: new Map(
          userIds.flatMap((userId, index) => {
            const value = values[index];
            return value === undefined ? [] : [[userId, decodeLedgerState(value)] as const];
          }),
        ),
      };
    },
    find: async (userIds) => {
      const values = userIds.length === 0 ? [] : await redis.hmget(states, ...userIds);
      return userIds.flatMap((userId, index) => {
        const value = values[index];
        return typeof value === "string" ? [{ userId, state: decodeIfValid(value) }] : [];
      });
    },
    scan: async function* scan() {
      for (let cursor = "0"; ;) {
        const [next, flat] = await redis.hscan(states, cursor, "COUNT", scanCount);
        const entries: LedgerEntry[] = [];
        for (let at = 0; at + 1 < flat.length; at += 2) {
          entries.push({ userId: flat[at] ?? "", state: decodeIfValid(flat[at + 1] ?? "") });
        }
        yield entries;
        if (next === "0") return;
        cursor = next;
      }
    },
    count: () => redis.hlen(states),
  };
}

const textsOf = (reply: unknown): (string | undefined)[] =>
  Array.isArray(reply) ? reply.map((value: unknown) => (typeof value === "string" ? value : undefined)) : [];

function decodeIfValid(value: string): State | undefined {
  try {
    return decodeLedgerState(value);
  } catch {
    return undefined;
  }
}
