import { describe, expect, test } from "vitest";
import type { State } from "../../domain/state.ts";
import type { LedgerView } from "../../ledger/ledger-view.ts";
import type { Message } from "../../domain/message.ts";
import { type BackfillProgress, backfill } from "./backfill.ts";
import type { ListedUser, UserPageReader } from "../paging/user-page-reader.ts";
import { reconcileRecent } from "./reconcile-recent.ts";
import type { RunContext } from "../reconciliation-context.ts";
import type { LastRun } from "../last-runs.ts";
import { createRunShards, LedgerIncompleteError } from "../run-shards.ts";
import { createReconciliationMetrics } from "../reconciliation-metrics.ts";
import { createLogger } from "../../shared/logger.ts";
import { runReconciliation } from "./run-reconciliation.ts";
import type { RunRequest } from "./reconciliation-queue.ts";
import { sweepAll } from "./sweep-all.ts";
import { Registry } from "prom-client";
import { clerkUserJson, makeUser } from "../../../test/support/clerk/clerk-messages.ts";

const now = 1_000_000;

interface BridgeOptions {
  /** Shards whose ledgers are incomplete. */
  readonly incomplete?: readonly number[];
  /** Shards whose ledgers cannot be read. */
  readonly unreadable?: readonly number[];
  readonly shards?: number;
  readonly watermark?: number;
  readonly isNew?: boolean;
}

/** A bridge that is all in memory: what is queued, what is known, where the marks are. User n of the list is in shard n modulo `shards`. */
function openBridge(
  users: readonly ListedUser[],
  { incomplete = [], unreadable = [], shards = 1, watermark = 0, isNew = false }: BridgeOptions = {},
) {
  const queued: Message[] = [];
  const skipped = new Set<number>();
  const lastRuns: { recent?: LastRun; full?: LastRun } = {};
  const known = new Map<string, State>();
  const covered: number[] = [];
  let mark = isNew ? undefined : watermark;
  let progress: BackfillProgress | undefined;
  let addFails = false;
  const shardOf = (userId: string) =>
    Math.max(
      0,
      users.findIndex(({ id }) => id === userId),
    ) % shards;
  const viewShard = (shard: number): LedgerView => ({
    read: async (ids) => {
      if (unreadable.includes(shard)) throw new Error("WRONGTYPE");
      return {
        complete: !incomplete.includes(shard),
        states: new Map([...known].filter(([id]) => ids.includes(id))),
      };
    },
    find: async () => [],
    scanIndex: async function* scanIndex() {},
    findIndexed: async () => [],
    scan: async function* scan() {
      yield [...known].filter(([id]) => shardOf(id) === shard).map(([userId, state]) => ({ userId, state }));
    },
    scanPresent: async function* scanPresent() {
      const present = [...known].filter(([id, { status }]) => shardOf(id) === shard && status === "present");
      yield present.map(([userId]) => userId);
    },
    count: async () => {
      if (unreadable.includes(shard)) throw new Error("WRONGTYPE");
      return known.size;
    },
  });
  const readPage: UserPageReader = async (request) => {
    if (request.order === "created") {
      const at = users.findIndex(({ id }) => id === request.after);
      return { users: users.slice(at + 1, at + 501), readAt: now };
    }
    const newestFirst = users.toSorted((a, b) => b.updatedAt - a.updatedAt);
    const offset = request.order === "updated" ? request.offset : 0;
    return { users: newestFirst.slice(offset, offset + 500), readAt: now };
  };
  const context: RunContext = {
    eventFields: [],
    runShards: createRunShards(Array.from({ length: shards }, (_, shard) => shard)),
    skippedShards: {
      read: async () => [...skipped],
      add: async (added) => added.forEach((shard) => skipped.add(shard)),
      remove: async (removed) => removed.forEach((shard) => skipped.delete(shard)),
    },
    lastRuns: {
      read: async () => lastRuns,
      write: async (kind, run) => void (lastRuns[kind] = run),
    },
    coverage: { markFull: async (at) => void covered.push(at) },
    clerkInstance: { check: async () => ({ outcome: "same" }) },
    deletionRecheckMs: 0,
    viewShard,
    shardOf,
    shards,
    queues: {
      countWaiting: async (shard) => {
        if (unreadable.includes(shard)) throw new Error("the node of this shard is unavailable");
        return 0;
      },
      add: async (_, message) => {
        if (addFails) throw new Error("Redis is unavailable");
        queued.push(message);
      },
    },
    readPage,
    watermark: { read: async () => mark, write: async (at) => void (mark = at) },
    overlapMs: 100,
    graceMs: 50,
    maxDeletedPercent: 10,
    readUser: async () => ({ outcome: "missing" }),
    metrics: createReconciliationMetrics(new Registry()),
    log: createLogger("test", "silent"),
    now: () => now,
    signal: new AbortController().signal,
  };
  return {
    context,
    queued,
    known,
    skipped,
    lastRuns,
    get mark() {
      return mark;
    },
    /** The times at which all users of Clerk were known or queued. */
    covered,
    get progress() {
      return progress;
    },
    /** Redis has lost the watermark. */
    forget: () => {
      mark = undefined;
    },
    failToAdd: (fails: boolean) => {
      addFails = fails;
    },
    progressStore: {
      read: async () => progress,
      write: async (next: BackfillProgress) => void (progress = next),
      forget: async () => void (progress = undefined),
    },
  };
}

const usersAt = (...times: number[]): ListedUser[] =>
  times.map((updatedAt) => {
    const user = makeUser();
    return { id: user.id, updatedAt, data: { ...clerkUserJson(user, updatedAt), created_at: 1 } };
  });

describe("a run over the recent changes", () => {
  test("leaves a change within the grace period to its webhook, and the next run finds it", async () => {
    const bridge = openBridge(usersAt(now - 10, now - 60));
    const run = await reconcileRecent(bridge.context);
    expect(run).toMatchObject({ outcome: "done", findings: { compared: 2, inGracePeriod: 1, found: { created: 1 } } });
    expect(bridge.queued.map(({ data }) => data["updated_at"])).toEqual([now - 60]);
    expect(bridge.mark).toBe(now - 10 - 50);
    await reconcileRecent({ ...bridge.context, graceMs: 0 });
    expect(bridge.queued.map(({ data }) => data["updated_at"])).toContain(now - 10);
  });

  test("finds fields that are published from now on also within the grace period, because no webhook brings them", async () => {
    const user = makeUser();
    const data = { ...clerkUserJson(user, now - 10), created_at: 1, external_id: "crm-7" };
    const bridge = openBridge([{ id: user.id, updatedAt: now - 10, data, fields: ["externalId"] }]);
    const times = { createdAt: 1, version: now - 10, readAt: 0 };
    bridge.known.set(user.id, { status: "present", user, ...times, sequence: 1 });
    const context = { ...bridge.context, eventFields: ["externalId"] as const };
    expect(await reconcileRecent(context)).toMatchObject({
      findings: { inGracePeriod: 0, oldestMissedAt: undefined, found: { fields: 1, updated: 0 } },
    });
    expect(bridge.queued.map(({ data: queued, fields }) => [queued["external_id"], fields])).toEqual([
      ["crm-7", ["externalId"]],
    ]);
  });

  test("moves the watermark only after all messages are queued", async () => {
    const bridge = openBridge(usersAt(now - 60), { watermark: 7 });
    bridge.failToAdd(true);
    await expect(reconcileRecent(bridge.context)).rejects.toThrow("Redis is unavailable");
    expect(bridge.mark).toBe(7);
  });

  test("queues nothing and keeps the watermark while the only ledger is incomplete: every user would seem new", async () => {
    const bridge = openBridge(usersAt(now - 60), { incomplete: [0], watermark: 7 });
    await expect(reconcileRecent(bridge.context)).rejects.toThrow(LedgerIncompleteError);
    expect([bridge.queued, bridge.mark]).toEqual([[], 7]);
  });

  test.for<[what: string, options: BridgeOptions]>([
    ["is incomplete", { incomplete: [1] }],
    ["cannot be read", { unreadable: [1] }],
  ])("compares the other shards when the ledger of one %s, and remembers the skipped one", async ([, options]) => {
    const users = usersAt(now - 60, now - 61, now - 62);
    const bridge = openBridge(users, { shards: 2, ...options });
    expect(await reconcileRecent(bridge.context)).toMatchObject({ outcome: "done", findings: { compared: 2 } });
    expect(bridge.queued.map(({ data }) => data["id"])).toEqual([users[0]?.id, users[2]?.id]);
    expect([...bridge.skipped]).toEqual([1]);
  });

  test("ignores what a shard cannot tell about users that are known when it has no watermark", async () => {
    const bridge = openBridge(usersAt(now - 60), { shards: 2, unreadable: [1], isNew: true });
    const runShards = createRunShards([0]);
    expect(await reconcileRecent({ ...bridge.context, runShards })).toMatchObject({ outcome: "done" });
    bridge.known.set("user_1", { status: "deleted", sequence: 1 });
    bridge.forget();
    expect(await reconcileRecent({ ...bridge.context, runShards })).toEqual({ outcome: "no_watermark" });
  });

  test("does not start without a watermark, except in a bridge without users, where it begins with the overlap", async () => {
    const bridge = openBridge(usersAt(now - 60, now - 99, now - 101), { isNew: true });
    expect(await reconcileRecent(bridge.context)).toMatchObject({ outcome: "done", findings: { compared: 2 } });
    const other = openBridge(usersAt(now - 60), { isNew: true });
    other.known.set("user_1", { status: "deleted", sequence: 1 });
    expect(await reconcileRecent(other.context)).toEqual({ outcome: "no_watermark" });
  });

  test("sends what is no user to the dead letters, by an id that is always the same", async () => {
    const [broken] = usersAt(now - 60);
    const bridge = openBridge(
      broken === undefined ? [] : [{ ...broken, data: { ...broken.data, email_addresses: null } }],
    );
    expect(await reconcileRecent(bridge.context)).toMatchObject({ findings: { found: { unreadable: 1 } } });
    await reconcileRecent(bridge.context);
    expect(new Set(bridge.queued.map(({ id }) => id)).size).toBe(1);
  });
});

describe("a backfill", () => {
  const options = { dryRun: false, restart: false };
  const users = usersAt(...Array.from({ length: 1_100 }, (_, at) => at + 1));

  test("stores its cursor only after Redis has stored the messages, and continues from there", async () => {
    const bridge = openBridge(users);
    const context = { ...bridge.context, progress: bridge.progressStore, onProgress: () => {} };
    const failing = {
      ...context,
      onProgress: ({ read }: BackfillProgress) => bridge.failToAdd(read >= 500),
    };
    await expect(backfill(failing, options)).rejects.toThrow("Redis is unavailable");
    expect(bridge.progress).toMatchObject({ read: 500, queued: 500 });
    expect(bridge.covered).toEqual([]);
    bridge.failToAdd(false);
    expect(await backfill(context, options)).toMatchObject({ read: 1_100, queued: 1_100 });
    expect(bridge.queued.map(({ data }) => data["id"])).toEqual(users.map(({ id }) => id));
    expect(
      bridge.queued.every(
        ({ source, type, readAt }) => source === "backfill" && type === "user.created" && readAt === now,
      ),
    ).toBe(true);
    expect(bridge.progress).toBeUndefined();
    expect(bridge.covered).toEqual([now]);
  });

  test("passes over whom the ledger knows, deleted ones too", async () => {
    const bridge = openBridge(users.slice(0, 3));
    bridge.known.set(users[1]?.id ?? "", { status: "deleted", sequence: 2 });
    const context = { ...bridge.context, progress: bridge.progressStore, onProgress: () => {} };
    expect(await backfill(context, options)).toMatchObject({ read: 3, queued: 2 });
  });

  test("that only counts queues and keeps nothing", async () => {
    const bridge = openBridge(users);
    const context = { ...bridge.context, progress: bridge.progressStore, onProgress: () => {} };
    expect(await backfill(context, { dryRun: true, restart: false })).toMatchObject({ read: 1_100, queued: 1_100 });
    expect([bridge.queued, bridge.progress]).toEqual([[], undefined]);
  });
});

describe("a full sweep", () => {
  interface Instance {
    /** Number of users that the bridge has published. */
    readonly known: number;
    /** Number of them that Clerk no longer has. */
    readonly missing: number;
    readonly maxDeletedPercent?: number;
    readonly allDeletions?: boolean;
  }

  /** Sweeps a bridge whose users are unchanged, except for those that are missing from Clerk. */
  async function sweep({ known, missing, maxDeletedPercent = 10, allDeletions = false }: Instance) {
    const users = Array.from({ length: known }, () => makeUser());
    const bridge = openBridge(
      users.slice(missing).map((user) => ({
        id: user.id,
        updatedAt: now - 60,
        data: { ...clerkUserJson(user, now - 60), created_at: 1 },
      })),
    );
    for (const user of users) {
      bridge.known.set(user.id, { status: "present", user, createdAt: 1, version: now - 60, readAt: 0, sequence: 1 });
    }
    const { withheld } = await sweepAll({ ...bridge.context, maxDeletedPercent }, { allDeletions, skippedOnly: false });
    const deleted = bridge.queued.filter(({ type }) => type === "user.deleted").length;
    return { withheld, deleted, queued: bridge.queued.length, watermark: bridge.mark };
  }

  test.for<readonly [what: string, instance: Instance]>([
    ["that misses 10 percent of the users", { known: 200, missing: 20 }],
    ["that misses the configured percentage", { known: 200, missing: 100, maxDeletedPercent: 50 }],
    ["that misses ten users, however large their share", { known: 12, missing: 10, maxDeletedPercent: 0 }],
    ["that misses all users when all deletions are requested", { known: 12, missing: 12, allDeletions: true }],
  ])("%s publishes their deletions", async ([, instance]) => {
    const { missing } = instance;
    expect(await sweep(instance)).toMatchObject({ withheld: 0, deleted: missing, queued: missing });
  });

  test.for<readonly [what: string, instance: Instance]>([
    ["that misses more than 10 percent of the users", { known: 200, missing: 21 }],
    ["that misses more than the configured percentage", { known: 200, missing: 101, maxDeletedPercent: 50 }],
    ["that misses eleven of a few users", { known: 12, missing: 11 }],
  ])("%s withholds every deletion", async ([, instance]) => {
    expect(await sweep(instance)).toMatchObject({ withheld: instance.missing, deleted: 0, queued: 0 });
  });

  test("publishes no deletion of a user whom Clerk has when it is asked again after the recheck time", async () => {
    const user = makeUser();
    const bridge = openBridge([]);
    bridge.known.set(user.id, { status: "present", user, createdAt: 1, version: now - 60, readAt: 0, sequence: 1 });
    const askedAt: number[] = [];
    const readUser: RunContext["readUser"] = async () => {
      askedAt.push(performance.now());
      const data = clerkUserJson(user, now - 60);
      return askedAt.length === 1 ? { outcome: "missing" } : { outcome: "found", data, readAt: now };
    };
    await sweepAll({ ...bridge.context, readUser, deletionRecheckMs: 40 }, { allDeletions: false, skippedOnly: false });
    expect(bridge.queued.filter(({ type }) => type === "user.deleted")).toEqual([]);
    expect(askedAt).toHaveLength(2);
    expect((askedAt[1] ?? 0) - (askedAt[0] ?? 0)).toBeGreaterThan(35);
  });

  test("skips a shard whose ledger is incomplete, and the sweep of the skipped shards leaves the watermark alone", async () => {
    const users = usersAt(now - 60, now - 61);
    const bridge = openBridge(users, { shards: 2, incomplete: [1] });
    await sweepAll(bridge.context, { allDeletions: false, skippedOnly: false });
    expect(bridge.queued.map(({ data }) => data["id"])).toEqual([users[0]?.id]);
    expect([[...bridge.skipped], bridge.mark]).toEqual([[1], now - 60 - 50]);

    const later = openBridge(users, { shards: 2, watermark: 7 });
    await later.context.skippedShards.add([1]);
    const runShards = createRunShards(await later.context.skippedShards.read());
    await sweepAll({ ...later.context, runShards }, { allDeletions: false, skippedOnly: true });
    expect(later.queued.map(({ data }) => data["id"])).toEqual([users[1]?.id]);
    expect([[...later.skipped], later.mark]).toEqual([[], 7]);
  });

  test("keeps the withheld deletions of the last whole sweep when only skipped shards are compared", async () => {
    const bridge = openBridge([]);
    for (const user of Array.from({ length: 11 }, () => makeUser())) {
      bridge.known.set(user.id, { status: "present", user, createdAt: 1, version: now - 60, readAt: 0, sequence: 1 });
    }
    const run = (request: Omit<RunRequest, "kind" | "reason">) =>
      runReconciliation(bridge.context, { kind: "full", reason: "asked", ...request });
    await run({ allDeletions: false, skippedOnly: false });
    expect(bridge.lastRuns.full).toMatchObject({ endedAt: now, reason: "asked", withheld: 11 });
    await run({ allDeletions: false, skippedOnly: true });
    expect(bridge.lastRuns.full).toMatchObject({ withheld: 11 });
    await run({ allDeletions: true, skippedOnly: false });
    expect(bridge.lastRuns.full).toMatchObject({ found: { deleted: 11 }, withheld: 0 });
  });

  test("covers all users of Clerk when it has compared all shards", async () => {
    const whole = openBridge(usersAt(now - 60), { shards: 2 });
    await sweepAll(whole.context, { allDeletions: false, skippedOnly: false });
    expect(whole.covered).toEqual([now]);
    const part = openBridge(usersAt(now - 60), { shards: 2, incomplete: [0] });
    await sweepAll(part.context, { allDeletions: false, skippedOnly: false });
    expect(part.covered).toEqual([]);
  });

  test("moves the watermark to the newest change in Clerk, less the grace period", async () => {
    expect((await sweep({ known: 3, missing: 0 })).watermark).toBe(now - 60 - 50);
    expect((await sweep({ known: 3, missing: 3 })).watermark).toBe(now - 50);
  });
});
