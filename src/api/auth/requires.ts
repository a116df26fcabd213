import type { Context, MiddlewareHandler } from "hono";
import type { ApiEnv } from "../http/api-env.ts";
import type { SensitiveAction } from "../http/access-policy.ts";
import type { Caller } from "../http/caller.ts";
import { declareAccess } from "./declared-access.ts";
import { AccessDeniedError, AccessTokenRequiredError } from "./auth-errors.ts";
import type { Permission } from "../http/caller.ts";

export interface RequiresOptions {
  /** The path's parameter with a user id: that user needs no permission. */
  readonly orSelf?: string;
}

/**
 * A route's middleware: lets callers with the permission pass, from an address on the list of admins' addresses. Without
 * a token 401, otherwise 403. It stands before the parameters are checked, so that nothing is told to strangers.
 */
export const requires = (permission: Permission, options: RequiresOptions = {}): MiddlewareHandler<ApiEnv> =>
  declareAccess(async (c, next) => {
    if (c.get("anonymous") !== true) await assertPermitted(c, permission, options);
    await next();
  });

/** A route's middleware, after {@link requires}: lets callers pass who proved a second factor lately, where configured. */
export const requiresFreshFactor =
  (action: SensitiveAction): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    assertFreshFactor(c, action);
    await next();
  };

/** Who is calling. Throws 401 when nobody said so: on a route that lets strangers pass, read `c.get("caller")`. */
export function callerOf(c: Context<ApiEnv>): Caller {
  const caller = c.get("caller");
  if (caller === undefined) throw new AccessTokenRequiredError();
  return caller;
}

/** What {@link requires} asserts, for an operation that knows only by its body what it needs. */
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
 * What {@link requiresFreshFactor} asserts. A service has no factors, so it is exempt: give it a role without the
 * permission if it must not.
 */
export function assertFreshFactor(c: Context<ApiEnv>, action: SensitiveAction): void {
  const { freshFactorFor, factorMaxAgeMinutes, now } = c.get("access");
  const caller = callerOf(c);
  if (!freshFactorFor.has(action) || caller.kind === "service") return;
  const ageAtIssue = caller.factorAgeMinutes?.[1] ?? -1;
  const age = ageAtIssue + Math.floor((now() - caller.issuedAt) / 60_000);
  if (ageAtIssue < 0 || age > factorMaxAgeMinutes) throw new AccessDeniedError("second_factor_required");
}
