import type { Context, Hono, MiddlewareHandler } from "hono";
import type { ApiEnv } from "../http/api-env.ts";
import type { Caller, Permission, SensitiveAction, UserCaller } from "../http/caller.ts";
import { consumeOrThrow } from "../http/rate-limit.ts";
import { AccessDeniedError, AccessTokenRequiredError } from "./auth-errors.ts";
import { clientNetwork } from "./client-ip.ts";

export interface RequiresOptions {
  /** The path parameter with a user id; that user needs no permission. */
  readonly orSelf?: string;
}

const declaresAccess = Symbol("declares access");

/**
 * Route middleware that admits callers with the permission, from an admin address. Answers 401 without a token, otherwise
 * 403. It runs before parameters are validated, so an unauthorized caller learns nothing about them.
 */
export const requires = (permission: Permission, options: RequiresOptions = {}): MiddlewareHandler<ApiEnv> =>
  Object.assign<MiddlewareHandler<ApiEnv>, object>(
    async (c, next) => {
      if (c.get("anonymous") !== true) await assertPermitted(c, permission, options);
      await next();
    },
    { [declaresAccess]: true },
  );

/** Route middleware, after {@link requires}: admits callers with a fresh second factor where the configuration asks for it. */
export const requiresFreshFactor =
  (action: SensitiveAction): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    assertFreshFactor(c, action);
    await next();
  };

/**
 * Route middleware, before {@link requires}: while registration is open, a request without a token passes `requires`,
 * limited per client address. Only created users count. A request with a token is left to `requires`.
 */
export const allowsAnonymous =
  (_to: "registration"): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    const { registration } = c.get("access");
    if (registration === undefined || c.get("caller") !== undefined) return next();
    const key = clientNetwork(c.get("ip"));
    await consumeOrThrow(c, registration, key);
    c.set("anonymous", true);
    await next();
    if (c.res.status >= 400 || c.res.headers.has("idempotency-replayed")) await registration.refund(key);
  };

/** Throws when a route below `/api` has no {@link requires}, so that a forgotten line cannot open a route to every caller. */
export function assertAccessDeclared(api: Hono<ApiEnv>): void {
  const routes = api.routes.filter(({ method, path }) => method !== "ALL" && path.startsWith("/api/"));
  const nameOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
  const guarded = new Set(routes.filter(({ handler }) => declaresAccess in handler).map(nameOf));
  const open = routes.map(nameOf).filter((name) => !guarded.has(name));
  if (open.length > 0) throw new Error(`Routes without access control: ${[...new Set(open)].join(", ")}`);
}

/** The caller. Throws 401 without a token; a route that allows anonymous requests reads `c.get("caller")` instead. */
export function callerOf(c: Context<ApiEnv>): Caller {
  const caller = c.get("caller");
  if (caller === undefined) throw new AccessTokenRequiredError();
  return caller;
}

/** The session of the request, if the user is the caller. */
export function ownSessionOf(c: Context<ApiEnv>, userId: string): string | undefined {
  const caller = callerOf(c);
  return caller.kind === "user" && caller.id === userId ? caller.sessionId : undefined;
}

/** The check of {@link requires}, for an operation whose body decides which permission it needs. */
export async function assertPermitted(
  c: Context<ApiEnv>,
  permission: Permission,
  { orSelf }: RequiresOptions = {},
): Promise<void> {
  const caller = callerOf(c);
  const isSelf = orSelf !== undefined && caller.kind === "user" && caller.id === c.req.param(orSelf);
  if (isSelf) return;
  if (!caller.permissions.has(permission)) throw new AccessDeniedError("permission_missing");
  if (!(await c.get("access").isAdminAddress(c))) throw new AccessDeniedError("address_not_allowed");
}

/**
 * The check of {@link requiresFreshFactor}. A service has no factors and is exempt; restrict it through the permissions of
 * its role.
 */
export function assertFreshFactor(c: Context<ApiEnv>, ...actions: readonly SensitiveAction[]): void {
  const { freshFactorFor } = c.get("access");
  const caller = callerOf(c);
  if (caller.kind === "service" || !actions.some((action) => freshFactorFor.has(action))) return;
  if (!isFresh(c, caller, caller.factorAgeMinutes?.[1])) throw new AccessDeniedError("second_factor_required");
}

/**
 * Throws 403 unless the caller may change this user's password, email addresses or linked accounts now. Every path that changes one
 * calls it. A caller who can change them can sign in as the user, so the actions `mfa` and `recovery` of REQUIRE_MFA_FOR include them. An
 * impersonated session may not. For one's own account, the second factor must be fresh, or the first one of a user without a second.
 */
export function assertMayChangeCredentials(c: Context<ApiEnv>, userId: string): void {
  const caller = callerOf(c);
  if (caller.kind === "service") return;
  if (caller.impersonatorId !== undefined) throw new AccessDeniedError("impersonation_not_allowed");
  assertFreshFactor(c, "credentials", "mfa", "recovery");
  if (caller.id !== userId) return;
  const [first, second = -1] = caller.factorAgeMinutes ?? [];
  if (!isFresh(c, caller, second < 0 ? first : second)) throw new AccessDeniedError("fresh_factor_required");
}

/** `ageMinutes` is the factor's age when the token was issued; undefined or -1: never verified. */
function isFresh(c: Context<ApiEnv>, { issuedAt }: UserCaller, ageMinutes = -1): boolean {
  const { factorMaxAgeMinutes, now } = c.get("access");
  return ageMinutes >= 0 && ageMinutes + Math.floor((now() - issuedAt) / 60_000) <= factorMaxAgeMinutes;
}
