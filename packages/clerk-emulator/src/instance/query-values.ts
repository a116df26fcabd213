/** The parameters of a query string: every value that each came with, in order. */
export type QueryValues = Readonly<Record<string, readonly string[] | undefined>>;

export interface Page {
  /** 1 to 500. */
  readonly limit: number;
  readonly offset: number;
}

/** Out of range, or not a number, counts as absent without a word: asking for 501 gives 10, as Clerk does. */
export function readPage(query: QueryValues): Page {
  const limit = readWhole(query["limit"]?.[0]);
  return {
    limit: limit !== undefined && limit >= 1 && limit <= 500 ? limit : 10,
    offset: readWhole(query["offset"]?.[0]) ?? 0,
  };
}

/** A whole number that is not negative. */
export function readWhole(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Drops the sign that a value may come with. A bare `+` in a query string arrives as a space. */
export function readSigned(text: string): { readonly sign: "+" | "-"; readonly value: string } {
  return { sign: text.startsWith("-") ? "-" : "+", value: text.replace(/^[+\- ]/, "") };
}
