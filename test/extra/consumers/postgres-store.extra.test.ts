import {
  createPostgresStore,
  createUserProjection,
  type PlacedRecord,
  poolDatabase,
  type PostgresStore,
} from "@clerk-kafka-bridge/consumer";
import { Pool } from "pg";
import { expect, onTestFinished, test } from "vitest";
import { historyOf } from "../../../packages/consumer/test/make-history.ts";
import { startPostgres } from "../../support/start-postgres.ts";

// What only a server with many connections shows. The unit tests run the same store in PGlite, which has one connection.

test("eight projections that apply the same events to one table at once apply each event exactly once", async () => {
  const { store, pool } = await openStore();
  const changes = Array.from({ length: 200 }, (_, index) => [index % 5, `name ${index}`] as const);
  const history = historyOf(changes);
  const outcomes = await atOnce(8, async () => {
    const projection = createUserProjection({ store });
    const all: string[] = [];
    // A projection that is behind the row sees duplicates; the others race for the next event.
    for (const record of history.events) all.push((await projection.apply(record)).outcome);
    return all;
  });
  const count = (outcome: string) => outcomes.flat().filter((found) => found === outcome).length;
  expect(count("applied")).toBe(history.events.length);
  expect(count("gap")).toBe(0);
  const { rows } = await pool.query("SELECT id, data FROM clerk_users ORDER BY id");
  expect(new Map(rows.map(({ id, data }) => [id, data]))).toEqual(history.users);
});

test("two projections that apply overlapping batches in different order at once never fail", async () => {
  const { store, pool } = await openStore();
  const history = historyOf(Array.from({ length: 120 }, (_, index) => [index % 30, `name ${index}`] as const));
  const batches = Array.from({ length: 12 }, (_, index) => history.events.slice(index * 10, index * 10 + 30));
  await atOnce(4, async () => {
    const projection = createUserProjection({ store });
    for (const batch of batches) await projection.applyBatch(batch);
  });
  const { rows } = await pool.query("SELECT id, data FROM clerk_users");
  expect(new Map(rows.map(({ id, data }) => [id, data]))).toEqual(history.users);
});

test("a side effect that eight processes want at once happens once, and again after its transaction fails", async () => {
  const { store } = await openStore();
  const event = { eventId: "018f3f1c-0000-7000-8000-000000000001" };
  let calls = 0;
  await expect(
    createUserProjection({ store }).onFirstTime(event, () => {
      throw new Error("the handler fails");
    }),
  ).rejects.toThrow("the handler fails");
  const first = await atOnce(8, () =>
    createUserProjection({ store }).onFirstTime(event, () => {
      calls += 1;
    }),
  );
  expect(first.filter(Boolean)).toHaveLength(1);
  expect(calls).toBe(1);
});

test("a connection that the server ends is replaced, and the event is applied once", async () => {
  const { store, pool, url } = await openStore();
  const { events, users } = historyOf([
    [1, "Ada"],
    [1, "Augusta"],
  ]);
  const other = new Pool({ connectionString: url, max: 1 });
  onTestFinished(() => other.end());
  const projection = createUserProjection({ store });
  const outcomeOf = async (record: PlacedRecord) => (await projection.apply(record)).outcome;
  const [creation, update] = events;
  if (!creation || !update) throw new Error("the history has two events");
  expect(await outcomeOf(creation)).toBe("applied");
  await other.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = 'postgres'",
  );
  // The first attempt may still get the ended connection; its batch is then handed over again.
  const retried = await outcomeOf(update).catch(() => outcomeOf(update));
  expect(retried).toBe("applied");
  expect(await outcomeOf(update)).toBe("duplicate");
  const { rows } = await pool.query("SELECT id, data FROM clerk_users");
  expect(new Map(rows.map(({ id, data }) => [id, data]))).toEqual(users);
});

test("a connection that the server ends in the middle of a transaction rolls it back and leaves the process alive", async () => {
  const { store, url } = await openStore();
  const other = new Pool({ connectionString: url, max: 1 });
  onTestFinished(() => other.end());
  const [creation] = historyOf([[1, "Ada"]]).events;
  if (!creation) throw new Error("the history has one event");
  const projection = createUserProjection({ store });
  await expect(
    store.transaction(async (transaction) => {
      await transaction.rememberEffect("mail", "018f3f1c-0000-7000-8000-000000000001");
      await other.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = 'postgres'",
      );
      await transaction.query("SELECT 1");
    }),
  ).rejects.toThrow(/connection/);
  expect((await projection.apply(creation)).outcome).toBe("applied");
  expect(
    await store.transaction(({ rememberEffect }) => rememberEffect("mail", "018f3f1c-0000-7000-8000-000000000001")),
  ).toBe(true);
});

async function openStore(): Promise<{ store: PostgresStore; pool: Pool; url: string }> {
  const { url, pool } = await startPostgres();
  const store = createPostgresStore(poolDatabase(pool));
  await store.createTables();
  return { store, pool, url };
}

const atOnce = <T>(count: number, work: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, work));
