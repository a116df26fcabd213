import type { ClerkEvent } from "../resources/event.ts";
import type { SignInToken } from "../resources/sign-in-token.ts";
import type { ClaimKind } from "./claims.ts";
import type { MakeId } from "./make-id.ts";
import type { SessionDirectory } from "./session-directory.ts";
import type { UserDirectory } from "./user-directory.ts";

/** What the dashboard's user settings decide about the attributes of a user. */
export interface UserRequirements {
  /** Attributes that every new user must come with. */
  readonly required: readonly (IdentifierKind | "password")[];
  /** Attributes that are switched off: a request that carries one is refused. */
  readonly disabled: readonly (IdentifierKind | "password")[];
}

export type IdentifierKind = Exclude<ClaimKind, "external_id">;

/** One Clerk instance: all the state there is, and what operations need to change it and to tell of the change. */
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
  /** Hands an event to whoever delivers webhooks. Never blocks and never throws. */
  readonly publish: (event: ClerkEvent) => void;
}
