import { PGlite } from "@electric-sql/pglite";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMemoryStore } from "../src/memory-store.ts";
import { createPostgresStore, type PostgresStore, type SqlDatabase } from "../src/postgres-store.ts";
import {
  ContradictionError,
  createUserProjection,
  InvalidRecordError,
  type PlacedRecord,
  type UserProjection,
} from "../src/user-projection.ts";
import { ConcurrentWriteError, type ProjectedUser, type UserStore } from "../src/user-store.ts";
import { changesArbitrary, eventRecord, type History, historyOf, stateRecord } from "./make-history.ts";

let database: PGlite;
let tables = 0;
beforeAll(async () => {
  database = await PGlite.create();
}, 60_000);
afterAll(() => database.close());

const sql: SqlDatabase = {
  transaction: (work) => database.transaction((tx) => work((text, values) => tx.query(text, values))),
};

interface Opened {
  readonly store: UserStore;
  users(): Promise<ReadonlyMap<string, ProjectedUser>>;
}

const stores: readonly { name: string; runs: number; open: () => Promise<Opened> }[] = [
  {
    name: "in memory",
    runs: 300,
    open: async () => {
      const store = createMemoryStore();
      return { store, users: async () => store.users() };
    },
  },
  {
    name: "in PostgreSQL",
    runs: 15,
    open: async () => {
      tables += 1;
      const table = `users_${tables}`;
      const store = createPostgresStore(sql, { table });
      await store.createTables();
      return { store, users: () => readUsers(table) };
    },
  },
];

async function readUsers(table: string): Promise<Map<string, ProjectedUser>> {
  const { rows } = await database.query<{ id: string; data: ProjectedUser }>(
    `SELECT id, data FROM ${table} WHERE NOT deleted`,
  );
  return new Map(rows.map(({ id, data }) => [id, data]));
}

/** Applies records as a consumer does: a gap reads the whole state topic. */
async function follow(projection: UserProjection, records: readonly PlacedRecord[], { states }: History) {
  let rest = records;
  let gaps = 0;
  while (rest.length > 0) {
    const outcomes = await projection.applyBatch(rest);
    const record = rest[outcomes.length - 1];
    if (outcomes.at(-1)?.outcome === "gap" && record !== undefined) {
      gaps += 1;
      await projection.resync((onRecords) => onRecords(states));
      await projection.applyAfterResync(record);
    }
    rest = rest.slice(outcomes.length);
  }
  return gaps;
}

describe.each(stores)("a projection $name", ({ open, runs }) => {
  test("equals Clerk's users whatever order, repeats and losses its events have", async () => {
    await fc.assert(
      fc.asyncProperty(changesArbitrary, fc.infiniteStream(fc.nat()), async (changes, random) => {
        const history = historyOf(changes);
        const next = () => Number(random.next().value);
        const delivered = history.events
          .flatMap((event) => Array.from({ length: next() % 3 }, () => event))
          .map((event, index) => ({ event, at: next() % 4 === 0 ? next() % 40 : index }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ event }) => event);
        const { store, users } = await open();
        const projection = createUserProjection({ store });
        await follow(projection, delivered, history);
        // The last event of each user arrives, as Kafka promises it.
        const last = new Map(history.events.map((event) => [event.key, event]));
        await follow(projection, [...last.values()], history);
        expect(await users()).toEqual(history.users);
      }),
      { numRuns: runs },
    );
  });

  test("needs the state topic only for gaps", async () => {
    await fc.assert(
      fc.asyncProperty(changesArbitrary, fc.nat(), async (changes, start) => {
        const history = historyOf(changes);
        const { store, users } = await open();
        const projection = createUserProjection({ store });
        const repeated = history.events.slice(0, start % 40).concat(history.events);
        expect(await follow(projection, repeated, history)).toBe(0);
        expect(await users()).toEqual(history.users);
      }),
      { numRuns: runs },
    );
  });

  test("starts with the state topic and continues with events from any earlier position", async () => {
    await fc.assert(
      fc.asyncProperty(changesArbitrary, fc.nat(), fc.nat(), async (changes, read, position) => {
        const history = historyOf(changes);
        const { store, users } = await open();
        const projection = createUserProjection({ store });
        const seam = read % changes.length;
        const early = historyOf(changes.slice(0, seam));
        await projection.resync((onRecords) => onRecords(early.states));
        expect(await users()).toEqual(early.users);
        await follow(projection, history.events.slice(position % (early.events.length + 1)), history);
        expect(await users()).toEqual(history.users);
      }),
      { numRuns: runs },
    );
  });

  test("a process that dies at any step of a transaction leaves nothing half done, and its successor ends right", async () => {
    const changes = [1, 2, 3, 1, 2, 3].map((user, index) => [user, index === 4 ? "" : `name ${index}`] as const);
    const history = historyOf(changes);
    for (let deadly = 1; ; deadly += 1) {
      const { store, users } = await open();
      let steps = 0;
      const dying = dieAt(store, () => (steps += 1) === deadly);
      const died = await run(createUserProjection({ store: dying }), history).then(
        () => false,
        () => true,
      );
      await run(createUserProjection({ store }), history);
      expect(await users()).toEqual(history.users);
      if (!died) break;
    }
    expect.hasAssertions();
  });

  test("an event is out of order: nothing changes, and the gap says what is missing", async () => {
    const { store, users } = await open();
    const projection = createUserProjection({ store });
    const [created, updated, again] = historyOf([
      [1, "Ada"],
      [1, "Grace"],
      [1, "Jean"],
    ]).events;
    await projection.apply(present(created));
    expect(await projection.apply(present(again))).toMatchObject({ outcome: "gap", reason: "missing", expected: 2 });
    expect([...(await users()).values()]).toMatchObject([{ firstName: "Ada" }]);
    expect((await projection.apply(present(updated))).outcome).toBe("applied");
    expect((await projection.apply(present(again))).outcome).toBe("applied");
    expect((await projection.apply(present(again))).outcome).toBe("duplicate");
    expect((await projection.apply(present(created))).outcome).toBe("outdated");
  });

  test("an event that Kafka no longer has is replaced by what Kafka has now", async () => {
    const { store, users } = await open();
    const projection = createUserProjection({ store });
    const lost = historyOf([
      [1, "Ada"],
      [1, "Lost"],
    ]);
    const real = historyOf([
      [1, "Ada"],
      [1, "Grace"],
    ]);
    await follow(projection, lost.events, lost);
    expect((await projection.apply(present(real.events[1]))).outcome).toBe("gap");
    await follow(projection, real.events, real);
    expect(await users()).toEqual(real.users);
  });

  test("a resync deletes the users whose deletion was compacted away, and a forced one undoes what Kafka lost", async () => {
    const { store, users } = await open();
    const projection = createUserProjection({ store });
    const before = historyOf([
      [1, "Ada"],
      [2, "Grace"],
      [2, "Jean"],
    ]);
    await follow(projection, before.events, before);
    expect(await projection.isComplete()).toBe(false);
    const after = historyOf([
      [1, "Ada"],
      [2, "Grace"],
      [1, ""],
    ]);
    expect(await projection.resync((onRecords) => onRecords(after.states))).toEqual({ deleted: 1 });
    expect(await projection.isComplete()).toBe(true);
    expect([...(await users()).values()]).toMatchObject([{ firstName: "Jean" }]);
    await projection.resync((onRecords) => onRecords(after.states), { force: true });
    expect([...(await users()).values()]).toMatchObject([{ firstName: "Grace" }]);
  });

  test("a user that another process creates during a resync stays", async () => {
    const { store, users } = await open();
    const projection = createUserProjection({ store });
    const history = historyOf([[1, "Ada"]]);
    await projection.resync(async () => void (await projection.applyBatch(history.events)));
    expect(await users()).toEqual(history.users);
  });

  test("a living user whose state is behind its events is a contradiction, which stops the projection", async () => {
    const { store } = await open();
    const projection = createUserProjection({ store });
    const history = historyOf([
      [1, "Ada"],
      [1, "Grace"],
      [1, "Jean"],
    ]);
    const early = historyOf([[1, "Ada"]]);
    await projection.resync((onRecords) => onRecords(early.states));
    await expect(projection.applyAfterResync(present(history.events[2]))).rejects.toThrow(ContradictionError);
  });

  test("a record that cannot be parsed stops the projection with its place, or goes to the handler", async () => {
    const { store, users } = await open();
    const history = historyOf([
      [1, "Ada"],
      [2, "Grace"],
    ]);
    const foreign: PlacedRecord = {
      topic: "user.events",
      partition: 3,
      offset: 17n,
      key: "x",
      value: '{"email":"a@b.c"',
    };
    const records = [present(history.events[0]), foreign, present(history.events[1])];
    const strict = createUserProjection({ store });
    await expect(strict.applyBatch(records)).rejects.toThrow(InvalidRecordError);
    await expect(strict.apply(foreign)).rejects.toThrow(
      /^user\.events, partition 3, offset 17 cannot be parsed: value: /,
    );
    await expect(strict.apply(foreign)).rejects.not.toThrow("a@b.c");
    const kept: unknown[] = [];
    const lenient = createUserProjection({ store, onInvalid: ({ record }) => void kept.push(record.offset) });
    expect((await lenient.applyBatch(records)).map(({ outcome }) => outcome)).toEqual([
      "duplicate",
      "skipped",
      "applied",
    ]);
    expect(kept).toEqual([17n]);
    expect(await users()).toEqual(history.users);
  });

  test("an effect happens at an event's first occurrence, again only when its handler failed, and once for each name", async () => {
    const { store } = await open();
    const projection = createUserProjection({ store });
    const event = { eventId: "3f2c1a50-1111-5222-8333-444455556666" };
    let greeted = 0;
    const fails = () => {
      throw new Error("mail server unavailable");
    };
    await expect(projection.onFirstTime(event, fails)).rejects.toThrow("mail server unavailable");
    expect(await projection.onFirstTime(event, () => void (greeted += 1))).toBe(true);
    expect(await projection.onFirstTime(event, () => void (greeted += 1))).toBe(false);
    expect(await projection.onFirstTime(event, () => void (greeted += 1), { name: "audit" })).toBe(true);
    expect(greeted).toBe(2);
  });

  test("fields of later versions are kept", async () => {
    const { store, users } = await open();
    const [record] = historyOf([[1, "Ada"]]).events;
    const value = JSON.parse(String(present(record).value));
    value.data.imageUrl = "https://img.example/1";
    await createUserProjection({ store }).apply({ ...present(record), value: JSON.stringify(value) });
    expect((await users()).get("user_1")).toMatchObject({ imageUrl: "https://img.example/1" });
  });
});

test.each(stores)(
  "fields that the bridge adds reach the row $name, and those that it drops leave it at the next resync",
  async ({ open }) => {
    const { store, users } = await open();
    const projection = createUserProjection({ store });
    const [creation] = historyOf([[1, "Ada"]]).events;
    const { data, ...envelope } = JSON.parse(String(present(creation).value));
    await projection.apply(present(creation));
    const publicMetadata = { "k\0": [String.raw`\u0000`] };
    const added = eventRecord(
      {
        ...envelope,
        eventId: "018f3f1c-0000-7000-8000-000000000001",
        eventType: "user.updated",
        data: { id: data.id, changes: { externalId: "crm-7", publicMetadata } },
      },
      2,
      1,
    );
    expect((await projection.apply(added)).outcome).toBe("applied");
    const user = (await users()).get("user_1");
    expect(user).toMatchObject({ firstName: "Ada", externalId: "crm-7" });
    expect(JSON.stringify(user?.publicMetadata).replace("\uFFFD", String.raw`\u0000`)).toBe(
      JSON.stringify(publicMetadata),
    );
    const state = { ...data, externalId: "crm-7", createdAt: envelope.timestamp, updatedAt: envelope.timestamp };
    await projection.resync((onRecords) => onRecords([stateRecord(state, 2)]));
    expect((await users()).get("user_1")).toEqual({ ...data, externalId: "crm-7", createdAt: envelope.timestamp });
  },
);

test("two processes that share a table in PostgreSQL apply each event once", async () => {
  const { store, users } = await present(stores[1]).open();
  const history = historyOf(Array.from({ length: 60 }, (_, index) => [index % 5, `name ${index}`] as const));
  const outcomes = await Promise.all([1, 2].map(() => createUserProjection({ store }).applyBatch(history.events)));
  expect(outcomes.flat().filter(({ outcome }) => outcome === "applied")).toHaveLength(60);
  expect(await users()).toEqual(history.users);
});

test("a name with NUL, emoji and right-to-left text is stored in PostgreSQL, with U+FFFD for NUL", async () => {
  const store: PostgresStore = createPostgresStore(sql, { table: "odd_users" });
  await store.createTables();
  await store.createTables();
  const [record] = historyOf([[1, "A\0da 👩‍💻 שלום"]]).events;
  await createUserProjection({ store }).apply(present(record));
  const { rows } = await database.query("SELECT first_name, email, role, deleted FROM odd_users");
  expect(rows).toEqual([{ first_name: "A\uFFFDda 👩‍💻 שלום", email: null, role: "user", deleted: false }]);
});

test("a table name that is no plain identifier is refused", () => {
  expect(() => createPostgresStore(sql, { table: "users; DROP TABLE users" })).toThrow("not a table name");
});

async function run(projection: UserProjection, history: History): Promise<void> {
  if (!(await projection.isComplete())) await projection.resync((onRecords) => onRecords(history.states));
  await follow(projection, history.events, history);
}

/** A store whose process ends (every call rejects from then on) at the step for which `isDeadly` is true. */
function dieAt(store: UserStore, isDeadly: () => boolean): UserStore {
  let dead = false;
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    dead ||= isDeadly();
    if (dead) throw new Error("the process died");
    return await work();
  };
  return {
    transaction: (work) =>
      step(() =>
        store.transaction(async (transaction) => {
          const result = await work({
            read: (ids) => step(() => transaction.read(ids)),
            write: (rows) => step(() => transaction.write(rows)),
            confirm: (ids) => step(() => transaction.confirm(ids)),
            rememberEffect: (name, id) => step(() => transaction.rememberEffect(name, id)),
          });
          return await step(async () => result);
        }),
      ),
    isComplete: () => step(() => store.isComplete()),
    beginResync: () => step(() => store.beginResync()),
    endResync: (finished) => step(() => store.endResync(finished)),
  };
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("missing in the test's own data");
  return value;
}

test("an event for a user that was deleted and forgotten leaves the user deleted", async () => {
  const { store, users } = await present(stores[0]).open();
  const projection = createUserProjection({ store });
  const history = historyOf([
    [1, "Ada"],
    [1, "Grace"],
    [1, ""],
  ]);
  await follow(projection, history.events.slice(1), history);
  expect(await users()).toEqual(new Map());
  const late = eventRecord(
    {
      eventId: "3f2c1a50-1111-5222-8333-444455556666",
      eventType: "user.deleted",
      timestamp: "2026-01-31T09:30:00Z",
      data: { id: "user_9", emailAddress: [] },
    },
    1,
  );
  expect((await projection.apply(late)).outcome).toBe("applied");
});

test("a row in PostgreSQL that did not exist when a transaction read it is not replaced by that transaction", async () => {
  const store = createPostgresStore(sql, { table: "guarded_users" });
  await store.createTables();
  const row = (sequence: number) => ({ userId: "user_1", sequence, eventId: undefined, user: undefined });
  await store.transaction((transaction) => transaction.write([row(5)]));
  for (const sequence of [4, 5, 6]) {
    const unread = store.transaction((transaction) => transaction.write([row(sequence)]));
    await expect(unread).rejects.toThrow(ConcurrentWriteError);
  }
  await store.transaction(async (transaction) => {
    await transaction.read(["user_1"]);
    await transaction.write([row(3)]);
  });
  expect(await store.transaction((transaction) => transaction.read(["user_1"]))).toEqual(new Map([["user_1", row(3)]]));
});
