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
 * Group commit: one write at a time; what arrives meanwhile waits and goes together in the next. What arrives in the same
 * turn of the event loop, as many sockets that are read one after the other, goes together, too; alone, an item is written
 * by itself at the end of its turn.
 *
 * The promise of an item resolves only after the write that holds it. When a write fails, its items fail and so do all
 * that wait, at once: whoever waits for a store that is away must hear so now and not one time-out later.
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
