import { expect, test } from "vitest";
import { killWhileUsersChange, openExample, queryPglite, readUsers, startBridge } from "../../support/run-example.ts";
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
    const running = await startBridge();
    const example = await openExample("postgres-table", running.bridge);
    const { variables, read } = await open(example.folder);
    await killWhileUsersChange(running, () => example.start(variables));

    const rows = await read("SELECT id, data FROM clerk_users WHERE NOT deleted ORDER BY id");
    expect(rows).toEqual(await readUsers(running.bridge));
    expect(rows).toHaveLength(7);
  },
);
