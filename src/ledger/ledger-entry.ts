import { type State, stateSchema } from "../domain/state.ts";
import { parseJson } from "../shared/parse-json.ts";

// How a user is stored in the ledger of the user's shard, and in the index beside it:
//
//     ledger, a hash      <user id> = "<offset>|<place>|<state JSON>"    offset: of the state's record in Kafka
//     index, a sorted set "<place>:<user id>"                            only of users that are not deleted
//
// The place is "<role>:<time of creation>", so that the users of a role are one range of the index, oldest first. It contains
// neither "|" nor a byte beyond ASCII: the role is percent-encoded and the time has 12 hexadecimal digits.

/** A user's place in the index; "" for a deleted user, who has none. */
export const placeOf = (state: State): string =>
  state.status === "deleted"
    ? ""
    : `${encodeURIComponent(state.user.role.toWellFormed())}:${state.createdAt.toString(16).padStart(12, "0")}`;

/** The bounds of the users of a role in the index, as Redis writes them; without a role, of all users. */
export const rangeOf = (role: string | undefined): readonly [min: string, max: string] =>
  role === undefined ? ["-", "+"] : [`[${encodeURIComponent(role)}:`, `(${encodeURIComponent(role)};`];

export const memberOf = (place: string, userId: string): string => `${place}:${userId}`;
export const placeOfMember = (member: string): string => member.slice(0, member.lastIndexOf(":"));
export const userIdOfMember = (member: string): string => member.slice(member.lastIndexOf(":") + 1);

/**
 * Orders the states of one user: a newer one has a greater number. Nothing follows a deletion, except the restoration of the user by an
 * operator.
 */
export const recencyOf = (state: State): number =>
  state.status === "deleted" ? Number.MAX_SAFE_INTEGER : state.version;

export const encodeLedgerState = (state: State): string => JSON.stringify(state);

/** Decodes a user's value in the ledger. Returns undefined for any other text, which the bridge did not write. */
export function decodeLedgerState(value: string): State | undefined {
  const encoded = /^\d+\|[^|]*\|(.*)$/s.exec(value)?.[1];
  return encoded === undefined ? undefined : stateSchema.safeParse(parseJson(encoded)).data;
}

/** The place that the ledger remembers for a user; "" when there is none. */
export const placeInLedger = (value: string): string => /^\d+\|([^|]*)\|/.exec(value)?.[1] ?? "";
