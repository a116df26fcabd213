/**
 * A repeatable random number generator. The same seed gives the same numbers in the same order on every machine.
 * Not suitable for real secrets.
 */
export interface Random {
  /** The next number, at least 0 and below 1. */
  next(): number;
  /** The next whole number, at least 0 and below `limit`. */
  below(limit: number): number;
  /** True with this probability (0 to 1). Always draws, so that a changed probability does not shift later draws. */
  chance(probability: number): boolean;
  /** The next number between `min` and `max`. */
  between(min: number, max: number): number;
}

/** One random stream. Streams with different names are independent: drawing from one does not affect another. */
export function createRandom(seed: number, stream: string): Random {
  const next = createSfc32(hash(`${seed}/${stream}`));
  return {
    next,
    below: (limit) => Math.floor(next() * limit),
    chance: (probability) => next() < probability,
    between: (min, max) => min + next() * (max - min),
  };
}

/** FNV-1a with four offsets: spreads any text over the 128 bits of state that sfc32 needs. */
function hash(text: string): [number, number, number, number] {
  const lane = (offset: number): number => {
    let value = (0x811c9dc5 ^ offset) >>> 0;
    for (let index = 0; index < text.length; index += 1) {
      value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
    }
    return value >>> 0;
  };
  return [lane(1), lane(2), lane(3), lane(4)];
}

/** Chris Doty-Humphrey's Small Fast Counter: passes PractRand and needs only 32-bit arithmetic. */
function createSfc32([first, second, third, fourth]: [number, number, number, number]): () => number {
  let a = first;
  let b = second;
  let c = third;
  let counter = fourth;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 4_294_967_296;
  };
  for (let round = 0; round < 12; round += 1) next();
  return next;
}
