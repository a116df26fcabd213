import { z } from "zod";
import { allShards } from "../domain/shard-of.ts";
import type { PresentState, State } from "../domain/state.ts";
import { indexKey, ledgerKey, pendingChangesKey, shardPrefix } from "../redis/keys.ts";
import { loadScript, type RedisClient } from "../redis/redis-client.ts";
import {
  decodeLedgerState,
  memberOf,
  placesInLedger,
  placesOf,
  prefixOf,
  rangeOf,
  recencyOf,
  userIdOfMember,
} from "./ledger-entry.ts";
import { listOf, sliceOfMerged, type SortedList, without } from "./merge-sorted.ts";
import { decodePending } from "./pending-changes.ts";
import { compareTexts, type UserOrder } from "./user-order.ts";

/** The published users by role, for lists of any length. Every call throws what Redis throws. */
export interface UserIndex {
  /** The users with this role now, or all users, in an order; undefined while the ledger of a shard is incomplete. */
  open(role: string | undefined, order: UserOrder): Promise<IndexedUsers | undefined>;
}

/** The users with a role, as the ledgers and the pending changes have them. */
export interface IndexedUsers {
  readonly count: number;
  /** Changes when any user changes. */
  readonly version: string;
  /** A slice of the users of a role in the order, by id where it leaves that open. Costs nearly the same at any place of any number. */
  page(slice: {
    readonly offset: number;
    readonly limit: number;
    readonly descending: boolean;
  }): Promise<PresentState[]>;
  /**
   * All users, some at a time, in no order. With a `text`, in lowercase, only users that may contain it: the caller checks them. The time
   * grows with the number of users.
   */
  scan(text?: string): AsyncGenerator<readonly PresentState[]>;
  /** These users, without those that do not exist. */
  read(userIds: readonly string[]): Promise<PresentState[]>;
}

const openIndex = loadScript(new URL("open-index.lua", import.meta.url));
const scanIndex = loadScript(new URL("scan-index.lua", import.meta.url));

const text = z.string().nullable();
const openedSchema = z.tuple([z.number(), text, text, z.number(), z.number()], text);
const scannedSchema = z.tuple([z.string()], z.string());

/** Users that one call looks at. It keeps Redis busy for about a millisecond. */
const scanCount = 500;
/** JSON leaves only such a text unchanged. */
const isPlain = (needle: string) => /^[ !#-[\]-~]*$/.test(needle);

export interface UserIndexDeps {
  readonly redis: RedisClient;
  readonly redisPrefix: string;
  readonly shards: number;
  readonly shardOf: (userId: string) => number;
}

/** One shard's part of the index. */
interface Part {
  readonly keys: readonly string[];
  readonly version: string;
  readonly below: number;
  readonly count: number;
  /** Users with a pending change that is newer than the ledger's state: the places in the ledger, and the next state. */
  readonly pending: ReadonlyMap<string, { readonly places: readonly string[]; readonly state: State }>;
}

export function createUserIndex(deps: UserIndexDeps): UserIndex {
  const { redis, redisPrefix, shards } = deps;
  return {
    open: async (role, order) => {
      const prefix = prefixOf(order, role);
      const parts = await Promise.all(
        allShards(shards).map((shard) => openPart(deps, shard, shardPrefix(redisPrefix, shard), rangeOf(prefix))),
      );
      const whole = parts.filter((part) => part !== undefined);
      return whole.length < parts.length ? undefined : combine(deps, redis, whole, prefix);
    },
  };
}

async function openPart(
  { redis, shardOf }: UserIndexDeps,
  shard: number,
  keyPrefix: string,
  range: readonly [string, string],
): Promise<Part | undefined> {
  const keys = [ledgerKey(keyPrefix), indexKey(keyPrefix)];
  const [whole, barrier, checkpoint, below, count, ...flat] = openedSchema.parse(
    await openIndex(redis, [...keys, pendingChangesKey(keyPrefix)], range),
  );
  // An owner restores the ledger up to its own barrier and then moves the checkpoint past it.
  if (whole === 0 || barrier === null || checkpoint === null || BigInt(checkpoint) <= BigInt(barrier)) return undefined;
  const pending = new Map<string, { places: string[]; state: State }>();
  for (let at = 0; at + 2 < flat.length; at += 3) {
    const [userId, changed, stored] = flat.slice(at, at + 3);
    const state = decodePending(changed ?? "");
    // The user of another shard: the number of shards has changed.
    if (typeof userId !== "string" || state === undefined || shardOf(userId) !== shard) continue;
    const known = decodeLedgerState(stored ?? "");
    if (known === undefined || recencyOf(known) < recencyOf(state)) {
      pending.set(userId, { places: placesInLedger(stored ?? ""), state });
    }
  }
  return { keys, version: [barrier, checkpoint, ...flat].join(" "), below, count, pending };
}

function combine({ shardOf }: UserIndexDeps, redis: RedisClient, parts: readonly Part[], prefix: string): IndexedUsers {
  const [min, max] = rangeOf(prefix);
  const membersOf = (userId: string, places: readonly string[]) =>
    places.filter((place) => place.startsWith(prefix)).map((place) => memberOf(place, userId));
  const pending = new Map(parts.flatMap((part) => [...part.pending]));
  const changed = [...pending].flatMap(([userId, { state }]) =>
    state.status === "present" ? membersOf(userId, placesOf(state)).map((member) => ({ member, state })) : [],
  );
  const gone = parts.map((part) => [...part.pending].flatMap(([userId, { places }]) => membersOf(userId, places)));
  const count =
    parts.reduce((sum, part) => sum + part.count, 0) +
    changed.length -
    gone.reduce((sum, members) => sum + members.length, 0);

  const read = async (userIds: readonly string[]): Promise<PresentState[]> => {
    const stored = new Map<string, State | undefined>();
    const byShard = Map.groupBy(
      userIds.filter((userId) => !pending.has(userId)),
      shardOf,
    );
    await Promise.all(
      [...byShard].map(async ([shard, ids]) => {
        const values = await redis.hmget(parts[shard]?.keys[0] ?? "", ...ids);
        for (const [index, userId] of ids.entries()) stored.set(userId, decodeLedgerState(values[index] ?? ""));
      }),
    );
    return userIds.flatMap((userId) => {
      const state = pending.get(userId)?.state ?? stored.get(userId);
      return state?.status === "present" ? [state] : [];
    });
  };

  return {
    count,
    version: parts.map((part) => part.version).join(","),
    read,
    page: async ({ descending, ...slice }) => {
      const compare = descending ? (a: string, b: string) => compareTexts(b, a) : compareTexts;
      const lists = await Promise.all(
        parts.map((part, shard) =>
          without(listInRedis(redis, part, [min, max], descending), gone[shard] ?? [], compare),
        ),
      );
      const inMemory = listOf(
        changed.map(({ member }) => member),
        compare,
      );
      const members = await sliceOfMerged([...lists, inMemory], slice, compare);
      return read(members.map(userIdOfMember));
    },
    scan: async function* scan(needle = "") {
      yield changed.map(({ state }) => state);
      const filter = isPlain(needle) ? needle : "";
      let open = parts.map(({ keys }) => ({ keys, from: min }));
      while (open.length > 0) {
        const scanned = await Promise.all(
          open.map(async ({ keys, from }) => {
            const reply = await scanIndex(redis, keys, [from, max, String(scanCount), filter]);
            const [last, ...values] = scannedSchema.parse(reply);
            return { keys, last, values };
          }),
        );
        open = scanned.filter(({ last }) => last !== "").map(({ keys, last }) => ({ keys, from: `(${last}` }));
        yield scanned.flatMap(({ values }) =>
          values.flatMap((value) => {
            const state = decodeLedgerState(value);
            return state?.status === "present" && !pending.has(state.user.id) ? [state] : [];
          }),
        );
      }
    },
  };
}

/** A range of one shard's index. Positions within the range are ranks in the sorted set, which Redis finds in logarithmic time. */
function listInRedis(
  redis: RedisClient,
  { keys, below, count }: Part,
  [min, max]: readonly [min: string, max: string],
  descending: boolean,
): SortedList {
  const key = keys[1] ?? "";
  const slice = async (position: number, length: number) => {
    const end = Math.min(position + length, count);
    if (position >= end) return [];
    const [first, last] = descending ? [count - end, count - 1 - position] : [position, end - 1];
    const members = await redis.zrange(key, below + first, String(below + last));
    return descending ? members.toReversed() : members;
  };
  return {
    count,
    slice,
    at: async (position) => (await slice(position, 1))[0],
    countUpTo: (member) =>
      descending ? redis.zlexcount(key, `[${member}`, max) : redis.zlexcount(key, min, `[${member}`),
  };
}
