import type { Random } from "./seeded-random.ts";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Makes ids as Clerk's look: a prefix, an underscore and the 27 characters of a KSUID (`user_2g7np7Hrk0SN6kj5EDMLDaKNL0S`). */
export type MakeId = (prefix: IdPrefix) => string;

type IdPrefix = "user" | "idn" | "sess" | "client" | "sit" | "ins" | "msg" | "eac" | "sact" | "img";

/** Ids are drawn, not counted, so that nothing can come to depend on their order. */
export function createIdMaker(random: Random): MakeId {
  return (prefix) => `${prefix}_${drawText(random, 27)}`;
}

/** Draws a text of that many letters and digits. */
export function drawText(random: Random, length: number): string {
  let text = "";
  for (let index = 0; index < length; index += 1) text += BASE62.charAt(random.below(BASE62.length));
  return text;
}
