/** Who is calling, as verified. `permissions` are those of the role, inherited ones included. */
export type Caller = UserCaller | ServiceCaller;

/** A person with a Clerk session token. */
export interface UserCaller {
  readonly kind: "user";
  readonly id: string;
  readonly role: string;
  readonly permissions: ReadonlySet<Permission>;
  readonly sessionId: string;
  /** Who acts as this user (claim `act`), when it is not the user. */
  readonly impersonatorId: string | undefined;
  /** Minutes since the first and the second factor were last verified when the token was made (claim `fva`); -1: never. */
  readonly factorAgeMinutes: readonly [first: number, second: number] | undefined;
  /** When the token was made (claim `iat`), ms. */
  readonly issuedAt: number;
}

/** A machine with a service token. */
interface ServiceCaller {
  readonly kind: "service";
  /** The token's subject. */
  readonly id: string;
  readonly role: string;
  readonly permissions: ReadonlySet<Permission>;
}

/** What a role may do. Routes declare the one they need; roles.json at the root says which role has which. */
export const permissions = [
  "users:read",
  "users:write",
  "users:delete",
  "users:roles",
  "accounts:read",
  "accounts:manage",
  "accounts:recover",
  "accounts:verify",
  "audit:read",
  "analytics:read",
] as const;
export type Permission = (typeof permissions)[number];
