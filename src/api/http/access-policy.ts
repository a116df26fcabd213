import type { Context } from "hono";
import { ipRestriction } from "hono/ip-restriction";
import type { ApiEnv } from "./api-env.ts";
import type { RateLimit } from "./rate-limit.ts";

/** What may need a fresh second factor. */
export const sensitiveActions = ["delete", "role", "mfa", "recovery"] as const;
export type SensitiveAction = (typeof sensitiveActions)[number];

/** What the configuration says about who may do what, as far as the role does not say it. */
export interface AccessPolicy {
  readonly freshFactorFor: ReadonlySet<SensitiveAction>;
  readonly factorMaxAgeMinutes: number;
  /** Whether this request's address may do more than a user may with his own account. */
  readonly isAdminAddress: (c: Context<ApiEnv>) => Promise<boolean>;
  /** How often one address may register; undefined when nobody may without a token. */
  readonly registration: RateLimit | undefined;
  readonly now: () => number;
}

/**
 * Whether a request's address is among `rules` (addresses and CIDRs, matched by Hono's ip-restriction). No rules: every
 * address is. Throws a TypeError for a rule that is none.
 */
export function createAddressCheck(rules: readonly string[]): AccessPolicy["isAdminAddress"] {
  const restrict = ipRestriction(
    (c: Context<ApiEnv>) => c.get("ip"),
    { allowList: [...rules] },
    (_, c) => c.body(null),
  );
  return async (c) => {
    let allowed = false;
    try {
      await restrict(c, async () => {
        allowed = true;
      });
    } catch {
      return false; // What has no readable address is not on a list.
    }
    return allowed;
  };
}
