import type { State } from "../domain/state.ts";
import { decodeLedgerState } from "./ledger-state.ts";
import { ledgerKeys } from "./shard-ledger.ts";
import type { RedisClient } from "../redis/redis-client.ts";

interface LedgerEntry {
  readonly userId: string;
  /** Undefined when what stands there cannot be read. */
  readonly state: State | undefined;
}

/**
 * A shard's ledger for those who do not own the shard: what it says may be outdated at once, so that it serves to find
 * what is worth a message, and never to decide one.
 */
export interface LedgerView {
  /** Of these users; `complete` is false while the ledger is being made from Kafka, or is lost. */
  read(
    userIds: readonly string[],
  ): Promise<{ readonly complete: boolean; readonly states: ReadonlyMap<string, State> }>;
  /** The entries of these users that are there, readable or not. */
  find(userIds: readonly string[]): Promise<readonly LedgerEntry[]>;
  /** Everybody who is in it all the while; others may come or not, some twice. */
  scan(): AsyncGenerator<readonly LedgerEntry[]>;
  /** How many users it knows, deleted ones too. */
  count(): Promise<number>;
}

const entriesAtOnce = 1_000;

/** Every call throws what Redis throws when it is away. */
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
        // An owner restores the ledger up to its own barrier, and moves the checkpoint behind it then.
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
        return typeof value === "string" ? [{ userId, state: decodeOrNothing(value) }] : [];
      });
    },
    scan: async function* scan() {
      for (let cursor = "0"; ;) {
        const [next, flat] = await redis.hscan(states, cursor, "COUNT", entriesAtOnce);
        const entries: LedgerEntry[] = [];
        for (let at = 0; at + 1 < flat.length; at += 2) {
          entries.push({ userId: flat[at] ?? "", state: decodeOrNothing(flat[at + 1] ?? "") });
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

function decodeOrNothing(value: string): State | undefined {
  try {
    return decodeLedgerState(value);
  } catch {
    return undefined;
  }
}
