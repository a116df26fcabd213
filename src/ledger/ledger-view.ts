import type { State } from "../domain/state.ts";
import { decodeLedgerState, memberOf, placeOfMember, placesInLedger, userIdOfMember } from "./ledger-entry.ts";
import { proofFields } from "./shard-ledger.ts";
import { indexKey, ledgerKey } from "../redis/keys.ts";
import type { RedisClient } from "../redis/redis-client.ts";

interface LedgerEntry {
  readonly userId: string;
  /** Undefined when the stored text cannot be decoded. */
  readonly state: State | undefined;
}

interface IndexMember {
  readonly userId: string;
  readonly place: string;
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
  /** Like `scan`, the ids of the users that are not deleted. States are not decoded, which would be most of the work. */
  scanPresent(): AsyncGenerator<readonly string[]>;
  /** Every member that is in the index during the whole scan. Others may be missing, and some may come twice. */
  scanIndex(): AsyncGenerator<readonly IndexMember[]>;
  /** The members that the index has of these users, among the given places and those of the ledger. */
  findIndexed(places: ReadonlyMap<string, readonly string[]>): Promise<readonly IndexMember[]>;
  /** The number of users in the ledger, deleted ones included. */
  count(): Promise<number>;
}

const scanCount = 1_000;

/** Every call throws what Redis throws. */
export function createLedgerView(redis: RedisClient, keyPrefix: string): LedgerView {
  const key = ledgerKey(keyPrefix);
  const indexOfLedger = indexKey(keyPrefix);
  async function* scanValues(): AsyncGenerator<readonly (readonly [userId: string, value: string])[]> {
    for (let cursor = "0"; ;) {
      const [next, flat] = await redis.hscan(key, cursor, "COUNT", scanCount);
      const entries: [string, string][] = [];
      for (let at = 0; at + 1 < flat.length; at += 2) {
        const userId = flat[at] ?? "";
        if (!isProof(userId)) entries.push([userId, flat[at + 1] ?? ""]);
      }
      yield entries;
      if (next === "0") return;
      cursor = next;
    }
  }
  return {
    read: async (userIds) => {
      const [count, values] =
        (await redis
          .multi()
          .hlen(key)
          .hmget(key, " barrier", " offset", " users", ...userIds)
          .exec()) ?? [];
      const failure = count?.[0] ?? values?.[0];
      if (failure) throw failure;
      const [barrier, offset, users, ...found] = textsOf(values?.[1]);
      const states = new Map<string, State>();
      for (const [index, userId] of userIds.entries()) {
        const value = found[index];
        if (value === undefined) continue;
        const state = decodeLedgerState(value);
        if (state !== undefined) states.set(userId, state);
      }
      return { complete: isComplete(barrier, offset) && count?.[1] === Number(users) + proofFields.length, states };
    },
    find: async (userIds) => {
      const values = userIds.length === 0 ? [] : await redis.hmget(key, ...userIds);
      return userIds.flatMap((userId, index) => {
        const value = values[index];
        return typeof value === "string" ? [{ userId, state: decodeLedgerState(value) }] : [];
      });
    },
    scan: async function* scan() {
      for await (const entries of scanValues()) {
        yield entries.map(([userId, value]) => ({ userId, state: decodeLedgerState(value) }));
      }
    },
    scanPresent: async function* scanPresent() {
      for await (const entries of scanValues()) {
        yield entries.filter(([, value]) => placesInLedger(value).length > 0).map(([userId]) => userId);
      }
    },
    scanIndex: async function* scanIndex() {
      for (let cursor = "0"; ;) {
        const [next, flat] = await redis.zscan(indexOfLedger, cursor, "COUNT", scanCount);
        // Each member is followed by its score.
        yield flat.filter((_, at) => at % 2 === 0).map(toIndexMember);
        if (next === "0") return;
        cursor = next;
      }
    },
    findIndexed: async (places) => {
      const userIds = [...places.keys()];
      const values = userIds.length === 0 ? [] : await redis.hmget(key, ...userIds);
      const candidates = userIds.flatMap((userId, at) =>
        [...new Set([...(places.get(userId) ?? []), ...placesInLedger(values[at] ?? "")])].map((place) =>
          memberOf(place, userId),
        ),
      );
      const scores = candidates.length === 0 ? [] : await redis.zmscore(indexOfLedger, ...candidates);
      return candidates.filter((_, at) => typeof scores[at] === "string").map(toIndexMember);
    },
    count: async () => Math.max(0, (await redis.hlen(key)) - proofFields.length),
  };
}

const toIndexMember = (member: string): IndexMember => ({
  userId: userIdOfMember(member),
  place: placeOfMember(member),
});

const isProof = (field: string) => proofFields.some((name) => name === field);

/** An owner restores the ledger up to its own barrier and then moves the checkpoint past it. */
const isComplete = (barrier: string | undefined, offset: string | undefined) =>
  barrier !== undefined && offset !== undefined && BigInt(offset) > BigInt(barrier);

const textsOf = (reply: unknown): (string | undefined)[] =>
  Array.isArray(reply) ? reply.map((value: unknown) => (typeof value === "string" ? value : undefined)) : [];
