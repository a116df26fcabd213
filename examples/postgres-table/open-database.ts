/// <reference lib="esnext.disposable" />
import { poolDatabase, type SqlDatabase } from "@clerk-kafka-bridge/consumer";
import { PGlite } from "@electric-sql/pglite";
import { Pool } from "pg";

/** The database of `DATABASE_URL`; without one, PGlite (PostgreSQL as WebAssembly, in this process) with its files in a folder. */
export async function openDatabase({
  DATABASE_URL,
  DATA_FOLDER,
}: {
  readonly DATABASE_URL?: string | undefined;
  readonly DATA_FOLDER: string;
}): Promise<SqlDatabase & AsyncDisposable & { readonly description: string }> {
  if (DATABASE_URL) {
    const pool = new Pool({ connectionString: DATABASE_URL });
    pool.on("error", (error) => console.error(`PostgreSQL ended an idle connection: ${error.message}`));
    return {
      ...poolDatabase(pool),
      description: "PostgreSQL",
      [Symbol.asyncDispose]: () => pool.end(),
    };
  }
  const pglite = await PGlite.create(DATA_FOLDER);
  return {
    transaction: (work) => pglite.transaction((tx) => work((text, values) => tx.query(text, values))),
    description: `PGlite (${DATA_FOLDER})`,
    [Symbol.asyncDispose]: () => pglite.close(),
  };
}
