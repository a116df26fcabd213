import { z } from "zod";
import {
  ConcurrentWriteError,
  type ProjectedUser,
  type StoredUser,
  type UserStore,
  type UserTransaction,
} from "./user-store.ts";

/** Runs one statement with the parameters `$1`, `$2` … and returns its rows. */
export type SqlQuery = (text: string, values?: unknown[]) => Promise<{ readonly rows: readonly unknown[] }>;

/** A connection to PostgreSQL, whatever its client. {@link poolDatabase} makes one of a pool of `pg`. */
export interface SqlDatabase {
  /** Runs `work` in a transaction: commits when it resolves, rolls back when it rejects. */
  transaction<T>(work: (query: SqlQuery) => Promise<T>): Promise<T>;
}

/** The part of a `pg.Pool` that is used. */
export interface SqlPool {
  connect(): Promise<SqlClient>;
}

interface SqlClient {
  query: SqlQuery;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
  release(error?: boolean): void;
}

/**
 * A pool of the package `pg`. The pool discards a connection that breaks in a transaction. The caller listens to the pool's own
 * `error` events, which `pg` emits for idle connections: without a listener such an event ends the process.
 */
export const poolDatabase = (pool: SqlPool): SqlDatabase => ({
  transaction: async (work) => {
    const client = await pool.connect();
    let broken = false;
    // The next statement fails too. Without a listener the event would end the process.
    const onError = () => {
      broken = true;
    };
    client.on("error", onError);
    try {
      await client.query("BEGIN");
      const result = await work((text, values) => client.query(text, values));
      await client.query("COMMIT");
      return result;
    } catch (error) {
      // The first error is the cause, and PostgreSQL rolls back when a connection ends.
      await client.query("ROLLBACK").catch(() => onError());
      throw error;
    } finally {
      client.release(broken);
      client.off("error", onError);
    }
  },
});

export interface PostgresTransaction extends UserTransaction {
  /** For statements of the caller in the same transaction. */
  readonly query: SqlQuery;
}

export interface PostgresStore extends UserStore<PostgresTransaction> {
  /** Creates the tables unless they exist. */
  createTables(): Promise<void>;
}

const rowsSchema = z.array(
  z.object({
    id: z.string(),
    // The driver hands out a bigint as text.
    sequence: z.coerce.number(),
    event_id: z.string().nullable(),
    data: z.custom<ProjectedUser>((value) => typeof value === "object" && value !== null).nullable(),
  }),
);
const numberSchema = z.array(z.object({ value: z.coerce.number() }));

/**
 * A table of users in PostgreSQL, one row each, deleted users included (`data` is null). Columns for names, email address and role are
 * generated from `data`. Two smaller tables, `<table>_effects` and `<table>_resyncs`, belong to it. PostgreSQL cannot store
 * NUL in texts: U+FFFD replaces it.
 */
export function createPostgresStore(
  database: SqlDatabase,
  { table = "clerk_users" }: { readonly table?: string } = {},
): PostgresStore {
  if (!/^[a-z_][a-z0-9_]{0,40}$/.test(table)) throw new RangeError(`not a table name: ${table}`);
  const currentRun = `coalesce((SELECT max(run) FROM ${table}_resyncs), 0)`;

  const transactionOf = (query: SqlQuery): PostgresTransaction => {
    // A row that was missing when it was read has no lock: another transaction may write it first.
    const locked = new Set<string>();
    return {
      query,
      read: async (userIds) => {
        if (userIds.length === 0) return new Map();
        // In order of id, so that two transactions never wait for each other.
        const { rows } = await query(
          `SELECT id, sequence, event_id, data FROM ${table} WHERE id = ANY($1) ORDER BY id FOR UPDATE`,
          [[...userIds]],
        );
        const found = new Map(
          rowsSchema
            .parse(rows)
            .map(({ id, sequence, event_id: eventId, data }): [string, StoredUser] => [
              id,
              { userId: id, sequence, eventId: eventId ?? undefined, user: data ?? undefined },
            ]),
        );
        for (const id of found.keys()) locked.add(id);
        return found;
      },
      write: async (written) => {
        if (written.length === 0) return;
        const json = written
          .map(({ userId, sequence, eventId, user }) => ({
            id: userId,
            sequence,
            event_id: eventId ?? null,
            data: user ?? null,
          }))
          .toSorted((a, b) => (a.id < b.id ? -1 : 1));
        const { rows } = await query(
          `INSERT INTO ${table} AS stored (id, sequence, event_id, data, seen)
         SELECT id, sequence, event_id, data, ${currentRun}
         FROM jsonb_to_recordset($1::jsonb) AS r(id text, sequence bigint, event_id text, data jsonb)
         ON CONFLICT (id) DO UPDATE
         SET sequence = excluded.sequence, event_id = excluded.event_id, data = excluded.data, seen = excluded.seen
         WHERE stored.id = ANY($2)
         RETURNING stored.id`,
          [withoutNul(JSON.stringify(json)), [...locked]],
        );
        if (rows.length < written.length) throw new ConcurrentWriteError();
      },
      confirm: async (userIds) => {
        await query(`UPDATE ${table} SET seen = ${currentRun} WHERE id = ANY($1)`, [[...userIds]]);
      },
      rememberEffect: async (name, eventId) => {
        const { rows } = await query(
          `INSERT INTO ${table}_effects (name, event_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING name`,
          [name, eventId],
        );
        return rows.length === 1;
      },
    };
  };

  const queryOnce = (text: string, values?: unknown[]) => database.transaction((query) => query(text, values));
  const readNumber = async (text: string): Promise<number> =>
    numberSchema.parse((await queryOnce(text)).rows)[0]?.value ?? 0;

  return {
    createTables: () =>
      database.transaction(async (query) => {
        await query(`CREATE TABLE IF NOT EXISTS ${table} (
          id text PRIMARY KEY,
          sequence bigint NOT NULL,
          event_id text,
          data jsonb,
          seen bigint NOT NULL DEFAULT 0,
          first_name text GENERATED ALWAYS AS (data->>'firstName') STORED,
          last_name text GENERATED ALWAYS AS (data->>'lastName') STORED,
          username text GENERATED ALWAYS AS (data->>'username') STORED,
          email text GENERATED ALWAYS AS (data->'emailAddress'->>0) STORED,
          role text GENERATED ALWAYS AS (data->>'role') STORED,
          deleted boolean GENERATED ALWAYS AS (data IS NULL) STORED)`);
        await query(`CREATE TABLE IF NOT EXISTS ${table}_effects (
          name text, event_id text, at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (name, event_id))`);
        await query(`CREATE TABLE IF NOT EXISTS ${table}_resyncs (run bigserial PRIMARY KEY, completed timestamptz)`);
      }),
    transaction: async (work) => {
      try {
        return await database.transaction((query) => work(transactionOf(query)));
      } catch (error) {
        throw isConflict(error) ? new ConcurrentWriteError() : error;
      }
    },
    isComplete: async () =>
      (await readNumber(`SELECT count(*) AS value FROM ${table}_resyncs WHERE completed IS NOT NULL`)) > 0,
    beginResync: () => readNumber(`INSERT INTO ${table}_resyncs DEFAULT VALUES RETURNING run AS value`),
    endResync: (run) =>
      database.transaction(async (query) => {
        const { rows } = await query(
          `UPDATE ${table} SET data = NULL, event_id = NULL WHERE seen < $1 AND data IS NOT NULL RETURNING id`,
          [run],
        );
        await query(`UPDATE ${table}_resyncs SET completed = now() WHERE run = $1`, [run]);
        return rows.length;
      }),
  };
}

/** A deadlock, or a serialization failure of a database whose default is not READ COMMITTED. */
const isConflict = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "40P01" || error.code === "40001");

/** Also in keys. A backslash is escaped in JSON, so `\\\\u0000` is no NUL. */
const withoutNul = (json: string): string =>
  json.replaceAll(/\\\\|\\u0000/g, (escape) => (escape === "\\u0000" ? "\uFFFD" : escape));
