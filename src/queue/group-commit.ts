interface Waiting<T> {
  readonly item: T;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export interface GroupCommitOptions<T> {
  readonly write: (items: readonly [T, ...T[]]) => Promise<void>;
  readonly maxItems: number;
}

/**
 * Group commit: one write at a time. Items that arrive during a write wait and share the next write. Items of the same turn of the
 * event loop, for example from sockets that are read one after the other, also share a write. A single item is written alone at
 * the end of its turn.
 *
 * The promise of an item resolves only after its write. When a write fails, its items and all waiting items fail at once, so that
 * callers learn of an unavailable store without a further timeout.
 */
export function createGroupCommit<T>({ write, maxItems }: GroupCommitOptions<T>): (item: T) => Promise<void> {
  let waiting: Waiting<T>[] = [];
  let writing = false;

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting.slice(0, maxItems);
      waiting = waiting.slice(maxItems);
      const [first, ...rest] = group.map(({ item }) => item);
      if (first === undefined) break;
      try {
        await write([first, ...rest]);
        for (const { resolve } of group) resolve();
      } catch (error) {
        const failed = [...group, ...waiting];
        waiting = [];
        for (const { reject } of failed) reject(error);
      }
    }
    writing = false;
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (writing) return;
      writing = true;
      setImmediate(() => void writeAll());
    });
}
