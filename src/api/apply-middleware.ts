import { getConnInfo } from "@hono/node-server/conninfo";
import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { secureHeaders } from "hono/secure-headers";
import type { AccessPolicy, ApiApp, ApiEnv, Quota } from "./http/api-env.ts";
import { limitBody } from "./http/check-body.ts";
import { rejectPrototypePollution } from "./http/check-body.ts";
import type { AuthConfig } from "./auth/auth-config.ts";
import { authenticate } from "./auth/authenticate.ts";
import { clientIp, clientNetwork, createAddressCheck } from "./auth/client-ip.ts";
import { createRateLimit, limitRate } from "./http/rate-limit.ts";
import { type DenialDeps, reportDenials } from "./auth/report-denials.ts";
import type { VerifyToken } from "./auth/verify-token.ts";
import type { RedisClient } from "../redis/redis-client.ts";
import type { Logger } from "../shared/logger.ts";

export interface MiddlewareOptions extends DenialDeps {
  readonly auth: AuthConfig;
  readonly verify: VerifyToken;
  /** For the rate limits. It fails fast: while it is unavailable, each process counts in memory. */
  readonly redis: RedisClient;
  readonly redisPrefix: string;
}

/**
 * Adds the middleware of every route below `/api`, in order: CORS, security headers, the client's address, the report of denials, rate
 * limits, authentication and checks of the body. Must be called before any route is added.
 */
export function applyMiddleware(api: ApiApp, deps: MiddlewareOptions): void {
  const { auth, redis, redisPrefix, now } = deps;
  const limit = (quota: Quota) => createRateLimit(redis, redisPrefix, quota);
  const access: AccessPolicy = {
    freshFactorFor: new Set(auth.freshFactorFor),
    factorMaxAgeMinutes: auth.factorMaxAgeMinutes,
    isAdminAddress: createAddressCheck(auth.adminAddresses),
    registration: auth.openRegistration ? limit(auth.quotas.registrations) : undefined,
    now,
  };
  api.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "A Clerk session token, or a service token",
  });
  api.use(
    "/api/*",
    allowOrigins(auth.corsOrigins),
    secureHeaders({ contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } }),
    setClientContext(access, auth.trustedProxies, warnOnceOfProxy(deps.log)),
    reportDenials(deps),
    limitRate(limit(auth.quotas.ip), (c) => clientNetwork(c.get("ip"))),
    authenticate(deps.verify, limit(auth.quotas.badTokens)),
    limitRate(limit(auth.quotas.caller), (c) => callerKey(c.get("caller"))),
    limitBody(),
    rejectPrototypePollution,
  );
}

const callerKey = (caller: ApiEnv["Variables"]["caller"]) => caller && `${caller.kind}:${caller.id}`;

/** Responses contain personal data, so no cache may store them. */
const setClientContext =
  (access: AccessPolicy, trustedProxies: number, onUnknownProxy: () => void): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    const { address = "" } = getConnInfo(c).remote;
    const forwardedFor = c.req.header("x-forwarded-for");
    if (forwardedFor !== undefined && trustedProxies === 0) onUnknownProxy();
    c.set("ip", clientIp(address, forwardedFor, trustedProxies));
    c.set("access", access);
    c.header("Cache-Control", "no-store");
    await next();
  };

/** Behind a proxy that is not configured, all clients have the address of the proxy, and share its limits. */
function warnOnceOfProxy(log: Logger): () => void {
  let warned = false;
  return () => {
    if (warned) return;
    warned = true;
    log.warn(
      { event: "http.proxy_not_trusted" },
      "A request has X-Forwarded-For, which is ignored. If the API is behind a proxy, set TRUSTED_PROXIES: all clients share its limits",
    );
  };
}

const allowOrigins = (origins: readonly string[]) =>
  cors({
    origin: [...origins],
    allowMethods: ["GET", "POST", "PUT", "PATCH", "DELETE"],
    allowHeaders: ["Authorization", "Content-Type", "Idempotency-Key"],
    exposeHeaders: ["Idempotency-Replayed", "Location", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id"],
    maxAge: 600,
  });
