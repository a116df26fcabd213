import { PGlite } from "@electric-sql/pglite";
import { expect, test } from "vitest";
import { openExample, readUsers, startBridge, userOf } from "../../support/run-example.ts";
import { startPostgres } from "../../support/start-postgres.ts";

test.each([
  {
    name: "PGlite",
    open: async (folder: string) => ({
      variables: {},
      read: (sql: string) => queryPglite(folder, sql),
    }),
  },
  {
    name: "PostgreSQL",
    open: async () => {
      const postgres = await startPostgres();
      const read = async (sql: string): Promise<unknown[]> => (await postgres.pool.query(sql)).rows;
      return { variables: { DATABASE_URL: postgres.url }, read };
    },
  },
])(
  "postgres-table with $name: killed while users change, the table has the users of the state topic",
  async ({ open }) => {
    const { bridge, emulator } = await startBridge();
    const ids = Array.from({ length: 10 }, (_, index) => emulator.dashboard.createUser(userOf(index)).id);
    const example = await openExample("postgres-table", bridge);
    const { variables, read } = await open(example.folder);

    const first = example.start(variables);
    await first.waitFor("clerk_users has");
    for (const id of ids) emulator.dashboard.updateUser(id, { last_name: "King" });
    await first.waitFor("#2");
    await first.kill();
    for (const id of ids.slice(0, 3)) emulator.dashboard.deleteUser(id);
    for (const id of ids.slice(3)) emulator.dashboard.updateUser(id, { first_name: "Augusta" });
    await emulator.webhooks.settled();
    await bridge.waitUntilIdle();

    const second = example.start(variables);
    for (const id of ids.slice(0, 3)) await second.waitFor(`user.deleted ${id} #3 (deleted)`);
    for (const id of ids.slice(3)) await second.waitFor(`user.updated ${id} #3 Augusta King`);
    expect(await second.stop()).toBe("exit code 0");

    const rows = await read("SELECT id, data FROM clerk_users WHERE NOT deleted ORDER BY id");
    expect(rows).toEqual(await readUsers(bridge));
    expect(rows).toHaveLength(7);
  },
);

async function queryPglite(folder: string, sql: string): Promise<unknown[]> {
  const database = await PGlite.create(folder);
  try {
    return (await database.query(sql)).rows;
  } finally {
    await database.close();
  }
}
