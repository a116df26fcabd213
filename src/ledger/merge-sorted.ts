/** A sorted list of different texts that is read by position, for example a range of a sorted set in Redis. */
export interface SortedList {
  readonly count: number;
  /** The text at this position; undefined behind the end. */
  at(position: number): Promise<string | undefined>;
  /** The number of texts that are not behind this one in the order of the list. */
  countUpTo(text: string): Promise<number>;
  /** The texts from this position on, at most `length`. */
  slice(position: number, length: number): Promise<string[]>;
}

export type Compare = (a: string, b: string) => number;

/** A list of texts in memory. */
export function listOf(texts: readonly string[], compare: Compare): SortedList {
  const sorted = texts.toSorted(compare);
  return {
    count: sorted.length,
    at: async (position) => sorted[position],
    countUpTo: async (text) => sorted.filter((other) => compare(other, text) <= 0).length,
    slice: async (position, length) => sorted.slice(position, position + length),
  };
}

/** The list without some of its texts. Costs one `countUpTo` for each of them. */
export async function without(list: SortedList, texts: readonly string[], compare: Compare): Promise<SortedList> {
  if (texts.length === 0) return list;
  const left = texts.toSorted(compare);
  const positions = await Promise.all(left.map(async (text) => (await list.countUpTo(text)) - 1));
  const shift = (position: number) => positions.reduce((at, gone) => (gone <= at ? at + 1 : at), position);
  return {
    count: list.count - left.length,
    at: (position) => list.at(shift(position)),
    countUpTo: async (text) => (await list.countUpTo(text)) - left.filter((gone) => compare(gone, text) <= 0).length,
    slice: async (position, length) =>
      (await list.slice(shift(position), length + left.length)).filter((text) => !left.includes(text)).slice(0, length),
  };
}

/**
 * A slice of the list that the sorted lists would make together. It narrows down how many texts of each list come before the slice, by
 * asking all lists for the position of one text at a time. That takes about as many rounds as the number of texts has binary digits, and
 * none at the beginning, so a slice costs nearly the same at any place of any number of texts.
 */
export async function sliceOfMerged(
  lists: readonly SortedList[],
  { offset, limit }: { readonly offset: number; readonly limit: number },
  compare: Compare,
): Promise<string[]> {
  const windows = lists.map((list) => ({ list, low: 0, high: Math.min(list.count, offset) }));
  for (;;) {
    const widest = windows.toSorted((a, b) => b.high - b.low - (a.high - a.low))[0];
    if (widest === undefined || widest.high === widest.low) break;
    const middle = Math.floor((widest.low + widest.high) / 2);
    const pivot = await widest.list.at(middle);
    if (pivot === undefined) {
      // The list has become shorter.
      widest.high = middle;
      continue;
    }
    const counts = await Promise.all(
      windows.map(async (window) => (window === widest ? middle + 1 : window.list.countUpTo(pivot))),
    );
    const isBefore = counts.reduce((sum, count) => sum + count, 0) <= offset;
    for (const [index, window] of windows.entries()) {
      const count = counts[index] ?? 0;
      if (isBefore) window.low = Math.min(window.high, Math.max(window.low, count));
      else window.high = Math.max(window.low, Math.min(window.high, window === widest ? middle : count));
    }
  }
  const slices = await Promise.all(windows.map(({ list, low }) => list.slice(low, limit)));
  return slices.flat().toSorted(compare).slice(0, limit);
}
