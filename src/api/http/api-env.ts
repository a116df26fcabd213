import type { HttpBindings } from "@hono/node-server";
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { RateLimiter } from "../../redis/rate-limiter.ts";
import type { Caller, SensitiveAction } from "./caller.ts";

export type ApiApp = OpenAPIHono<ApiEnv>;

/** What the API's middleware sets for the handlers. */
export interface ApiEnv {
  Bindings: HttpBindings;
  Variables: {
    requestId: string;
    /** The client's address, behind as many proxies as are configured. */
    ip: string;
    /** Undefined when the request has no token. */
    caller: Caller | undefined;
    /** True when the route accepts requests without a token and this request has none. */
    anonymous: boolean | undefined;
    access: AccessPolicy;
  };
}

/** The configured conditions of access beyond the permissions of a role. */
export interface AccessPolicy {
  readonly freshFactorFor: ReadonlySet<SensitiveAction>;
  readonly factorMaxAgeMinutes: number;
  /** Whether a request from this address may do more than a user may do with their own account. */
  readonly isAdminAddress: (c: Context<ApiEnv>) => Promise<boolean>;
  /** How often one address may register without a token; undefined when registration needs a token. */
  readonly registration: RateLimit | undefined;
  /** The current time in ms. */
  readonly now: () => number;
}

export interface Quota {
  /** The name of the quota in response headers and in the log. */
  readonly name: string;
  readonly requests: number;
  readonly windowSeconds: number;
}

export interface RateLimit extends RateLimiter {
  readonly quota: Quota;
}
