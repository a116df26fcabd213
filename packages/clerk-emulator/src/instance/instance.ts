import type { ClerkEvent } from "../resources/event.ts";
import type { SignInToken } from "../resources/session.ts";
import type { ClaimKind, SessionDirectory } from "./session-directory.ts";
import type { UserDirectory } from "./user-directory.ts";
import type { Random } from "../seeded-random.ts";

/** The dashboard's settings for the attributes of a user. */
export interface UserRequirements {
  /** Attributes that every new user must have. */
  readonly required: readonly (IdentifierKind | "password")[];
  /** Disabled attributes. A request with one of them is rejected. */
  readonly disabled: readonly (IdentifierKind | "password")[];
}

export type IdentifierKind = Exclude<ClaimKind, "external_id">;

/** One Clerk instance: its whole state, and what operations need to change it and to publish the change. */
export interface Instance {
  readonly id: string;
  /** The origin of its Frontend API: the `iss` of session tokens. */
  readonly issuer: string;
  readonly requirements: UserRequirements;
  readonly users: UserDirectory;
  readonly sessions: SessionDirectory;
  readonly signInTokens: Map<string, SignInToken>;
  readonly makeId: MakeId;
  /** Unix milliseconds. */
  readonly now: () => number;
  /** Hands an event to the webhook delivery. Never blocks and never throws. */
  readonly publish: (event: ClerkEvent) => void;
}

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Makes ids that look like Clerk's: a prefix, an underscore and the 27 characters of a KSUID (`user_2g7np7Hrk0SN6kj5EDMLDaKNL0S`). */
export type MakeId = (prefix: IdPrefix) => string;

type IdPrefix = "user" | "idn" | "sess" | "client" | "sit" | "ins" | "msg" | "eac" | "sact" | "img";

/** Ids are random, not sequential, so that no code can depend on their order. */
export function createIdMaker(random: Random): MakeId {
  return (prefix) => `${prefix}_${drawText(random, 27)}`;
}

/** A random text of `length` letters and digits. */
export function drawText(random: Random, length: number): string {
  let text = "";
  for (let index = 0; index < length; index += 1) text += BASE62.charAt(random.below(BASE62.length));
  return text;
}
