import type { ProjectedUser, StoredUser, UserStore, UserTransaction } from "./user-store.ts";

export interface MemoryStore extends UserStore {
  /** The users that are not deleted, by id. */
  users(): ReadonlyMap<string, ProjectedUser>;
}

interface Row extends StoredUser {
  /** The resync during which the row was last written or confirmed. */
  readonly seen: number;
}

/** A store that lasts as long as its process. Transactions run one after another. */
export function createMemoryStore(): MemoryStore {
  const rows = new Map<string, Row>();
  const effects = new Set<string>();
  let resync = 0;
  let completed = 0;
  let last: Promise<unknown> = Promise.resolve();

  const run = async <T>(work: (transaction: UserTransaction) => Promise<T>): Promise<T> => {
    const written = new Map<string, Row>();
    const remembered = new Set<string>();
    const find = (userId: string) => written.get(userId) ?? rows.get(userId);
    const result = await work({
      read: async (userIds) =>
        new Map(
          userIds.flatMap((userId) => {
            const row = find(userId);
            return row === undefined ? [] : [[userId, row]];
          }),
        ),
      write: async (changed) => {
        for (const row of changed) written.set(row.userId, { ...row, seen: resync });
      },
      confirm: async (userIds) => {
        for (const userId of userIds) {
          const row = find(userId);
          if (row !== undefined) written.set(userId, { ...row, seen: resync });
        }
      },
      rememberEffect: async (name, eventId) => {
        const effect = `${name} ${eventId}`;
        if (effects.has(effect) || remembered.has(effect)) return false;
        remembered.add(effect);
        return true;
      },
    });
    for (const [userId, row] of written) rows.set(userId, row);
    for (const effect of remembered) effects.add(effect);
    return result;
  };

  return {
    transaction: (work) => {
      const result = last.then(() => run(work));
      last = result.catch(() => undefined);
      return result;
    },
    isComplete: async () => completed > 0,
    beginResync: async () => {
      resync += 1;
      return resync;
    },
    endResync: async (finished) => {
      let deleted = 0;
      for (const [userId, row] of rows) {
        if (row.seen >= finished || row.user === undefined) continue;
        rows.set(userId, { ...row, eventId: undefined, user: undefined });
        deleted += 1;
      }
      completed = finished;
      return deleted;
    },
    users: () =>
      new Map([...rows].flatMap(([userId, { user }]) => (user === undefined ? [] : [[userId, user] as const]))),
  };
}
