import { type State, stateSchema } from "../domain/state.ts";
import { parseJson } from "../shared/parse-json.ts";
import { emailKeyOf, nameKeyOf, type UserOrder, userOrders } from "./user-order.ts";

// How a user is stored in the ledger of the user's shard, and in the index beside it:
//
//     ledger, a hash      <user id> = "<offset>|<places>|<state JSON>"   offset: of the state's record in Kafka
//     index, a sorted set "<place>:<user id>"                            of each place of each user that is not deleted
//
// A user has a place for each order, "<letter of the order>:<role>:<what the order compares>", so that the users of a role are one
// range of the index for each order. The role is percent-encoded, and times have 12 hexadecimal digits. No place has a "|" or a line
// break, which separates the places.

const letterOf: Readonly<Record<UserOrder, string>> = { createdAt: "c", updatedAt: "u", name: "n", email: "e" };

/** A user's places in the index; none for a deleted user. */
export function placesOf(state: State): string[] {
  if (state.status === "deleted") return [];
  const { user, createdAt, version } = state;
  const keys: Readonly<Record<UserOrder, string>> = {
    createdAt: timeKeyOf(createdAt),
    updatedAt: timeKeyOf(version),
    name: nameKeyOf(user),
    email: emailKeyOf(user),
  };
  const role = encodeRole(user.role);
  return userOrders.map((order) => `${letterOf[order]}:${role}:${keys[order]}`);
}

/** What the places of an order have in front: of users with a role, or of all users. */
export const prefixOf = (order: UserOrder, role: string | undefined): string =>
  `${letterOf[order]}:${role === undefined ? "" : `${encodeRole(role)}:`}`;

/** The bounds of the members with this prefix, as Redis writes them. */
export const rangeOf = (prefix: string): readonly [min: string, max: string] => [
  `[${prefix}`,
  // The character behind the colon.
  `(${prefix.slice(0, -1)};`,
];

const timeKeyOf = (ms: number) => ms.toString(16).padStart(12, "0");
const encodeRole = (role: string) => encodeURIComponent(role.toWellFormed());

export const memberOf = (place: string, userId: string): string => `${place}:${userId}`;
export const placeOfMember = (member: string): string => member.slice(0, member.lastIndexOf(":"));
export const userIdOfMember = (member: string): string => member.slice(member.lastIndexOf(":") + 1);

/**
 * Orders the states of one user: a newer one has a greater number. Nothing follows a deletion, except the restoration of the user by an
 * operator.
 */
export const recencyOf = (state: State): number =>
  state.status === "deleted" ? Number.MAX_SAFE_INTEGER : state.version;

/** The places of a user as the ledger stores them. */
export const encodePlaces = (places: readonly string[]): string => places.join("\n");

export const encodeLedgerState = (state: State): string => JSON.stringify(state);

/** Decodes a user's value in the ledger. Returns undefined for any other text, which the bridge did not write. */
export function decodeLedgerState(value: string): State | undefined {
  const encoded = /^\d+\|[^|]*\|(.*)$/s.exec(value)?.[1];
  return encoded === undefined ? undefined : stateSchema.safeParse(parseJson(encoded)).data;
}

/** The places that the ledger remembers for a user. */
export function placesInLedger(value: string): string[] {
  const places = /^\d+\|([^|]*)\|/.exec(value)?.[1] ?? "";
  return places === "" ? [] : places.split("\n");
}
