/**
 * The ids of all users by creation time, the id breaking ties: a total order that does not move under a cursor.
 * Finding a place is O(log n), so that the thousandth page of a list costs what the first one does.
 */
export class CreationOrder {
  readonly #entries: Entry[] = [];

  add(entry: Entry): void {
    this.#entries.splice(this.#placeOf(entry), 0, entry);
  }

  remove(entry: Entry): void {
    this.#entries.splice(this.#placeOf(entry), 1);
  }

  /** The ids from one end to the other, or those that follow `after` (itself left out). */
  *walk(direction: "ascending" | "descending", after?: Entry): Generator<string> {
    const step = direction === "ascending" ? 1 : -1;
    const first = direction === "ascending" ? 0 : this.#entries.length - 1;
    for (let place = after === undefined ? first : this.#placeOf(after) + step; ; place += step) {
      const entry = this.#entries[place];
      if (entry === undefined) return;
      yield entry.id;
    }
  }

  /** Where the entry is, or where it belongs. */
  #placeOf({ createdAt, id }: Entry): number {
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
