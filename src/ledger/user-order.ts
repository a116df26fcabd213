import type { User } from "@clerk-kafka-bridge/events";

/** The orders in which users can be listed. */
export const userOrders = ["createdAt", "updatedAt", "name", "email"] as const;
export type UserOrder = (typeof userOrders)[number];

/** Orders texts as Redis does, by their bytes in UTF-8. */
export const compareTexts = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** What the order by name compares: the first name, then the last name. */
export const nameKeyOf = ({ firstName, lastName }: Pick<User, "firstName" | "lastName">): string =>
  sortKeyOf(firstName) + sortKeyOf(lastName);

/** What the order by email compares: the primary address. */
export const emailKeyOf = ({ emailAddress }: Pick<User, "emailAddress">): string => sortKeyOf(emailAddress[0] ?? "");

/**
 * Without case and accents, so that É stands beside e. Ends with the lowest character, so that a text comes before each longer one that
 * begins with it, whatever follows the key. Has no other control character, and no "|".
 */
const sortKeyOf = (text: string): string => `${withoutAccents(text).toLowerCase().replace(separators, " ")}\t`;

const withoutAccents = (text: string) =>
  isAscii.test(text) ? text : text.toWellFormed().normalize("NFKD").replace(accents, "");

const isAscii = /^[ -~]*$/;
const accents = /\p{M}/gu;
/** They separate the parts of an entry, see ledger-entry.ts. */
const separators = /[\p{Cc}|]/gu;
