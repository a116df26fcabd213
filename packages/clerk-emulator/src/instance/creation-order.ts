/**
 * The ids of all users by creation time, with the id as tie-breaker: a total order that is stable under a cursor.
 * Finding a position takes O(log n), so that the thousandth page of a list costs as much as the first.
 */
export class CreationOrder {
  readonly #entries: Entry[] = [];

  add(entry: Entry): void {
    this.#entries.splice(this.#positionOf(entry), 0, entry);
  }

  remove(entry: Entry): void {
    this.#entries.splice(this.#positionOf(entry), 1);
  }

  /** All ids in the given direction, or those after `after` (exclusive). */
  *walk(direction: "ascending" | "descending", after?: Entry): Generator<string> {
    const step = direction === "ascending" ? 1 : -1;
    const first = direction === "ascending" ? 0 : this.#entries.length - 1;
    for (let position = after === undefined ? first : this.#positionOf(after) + step; ; position += step) {
      const entry = this.#entries[position];
      if (entry === undefined) return;
      yield entry.id;
    }
  }

  /** The position of the entry, or the position where it would be inserted. */
  #positionOf({ createdAt, id }: Entry): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#entries[middle];
      if (entry === undefined) break;
      if (entry.createdAt < createdAt || (entry.createdAt === createdAt && entry.id < id)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

interface Entry {
  readonly id: string;
  /** Unix milliseconds. */
  readonly createdAt: number;
}
