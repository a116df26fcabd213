/** The verified caller. `permissions` are those of the role, including inherited ones. */
export type Caller = UserCaller | ServiceCaller;

/** A user with a Clerk session token. */
export interface UserCaller {
  readonly kind: "user";
  readonly id: string;
  readonly role: string;
  readonly permissions: ReadonlySet<Permission>;
  readonly sessionId: string;
  /** The impersonator (claim `act`) when the session is an impersonation. */
  readonly impersonatorId: string | undefined;
  /** Minutes from the last verification of each factor to the issue of the token (claim `fva`); -1: never verified. */
  readonly factorAgeMinutes: readonly [first: number, second: number] | undefined;
  /** Issue time of the token (claim `iat`), ms. */
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

/** Each route declares the permission it needs; roles.json assigns permissions to roles. */
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
  "console:read",
  "console:write",
] as const;
export type Permission = (typeof permissions)[number];

/** The actions for which the configuration can require a fresh second factor. */
export const sensitiveActions = ["delete", "role", "mfa", "recovery", "credentials"] as const;
export type SensitiveAction = (typeof sensitiveActions)[number];
