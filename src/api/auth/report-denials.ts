import type { Context, MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import type { SecurityCounter } from "../../analytics/security-counter.ts";
import type { AuditTrail } from "../../audit/audit-trail.ts";
import { createAuditEntry } from "../http/create-audit-entry.ts";
import type { ApiEnv } from "../http/api-env.ts";
import type { RequestMetrics } from "../http/request-metrics.ts";
import { RateLimitedError } from "../http/rate-limit.ts";
import { userIdParam } from "../http/responses.ts";
import type { Logger } from "../../shared/logger.ts";
import { AccessDeniedError, InvalidTokenError } from "./auth-errors.ts";

export interface DenialDeps {
  readonly requestMetrics: Pick<RequestMetrics, "refusals">;
  readonly denials: AuditTrail;
  readonly security: SecurityCounter;
  readonly log: Logger;
  readonly now: () => number;
}

/** Middleware that records each denial in the log, the metrics, the analytics and the audit trail before the response is sent. */
export const reportDenials =
  (deps: DenialDeps): MiddlewareHandler<ApiEnv> =>
  async (c, next) => {
    await next();
    const { error } = c;
    const { refusals } = deps.requestMetrics;
    if (error instanceof InvalidTokenError) {
      refusals.inc({ kind: "token_rejected", reason: error.reason });
      logDenial(deps.log, c, "auth.token_rejected", error.reason);
      const rejected = createAuditEntry(c, deps.now, {
        action: "auth.token_rejected",
        outcome: "denied",
        reason: error.code,
      });
      await Promise.all([deps.security.count("token_rejected"), deps.denials.record(rejected)]);
    } else if (error instanceof RateLimitedError) {
      refusals.inc({ kind: "rate_limited", reason: error.limit });
      logDenial(deps.log, c, "auth.rate_limited", error.limit);
      await deps.security.count("rate_limited");
    } else if (error instanceof AccessDeniedError) {
      refusals.inc({ kind: "access_denied", reason: error.code });
      logDenial(deps.log, c, "auth.access_denied", error.code);
      await Promise.all([deps.security.count("admin_denied"), deps.denials.record(denialOf(c, deps.now, error))]);
    }
  };

function denialOf(c: Context<ApiEnv>, now: () => number, { code }: AccessDeniedError) {
  const { userId } = userIdParam.safeParse(c.req.param()).data ?? {};
  const target = userId === undefined ? {} : { targetId: userId };
  const after = { operation: `${c.req.method} ${routePath(c, -1)}` };
  return createAuditEntry(c, now, { action: "access.denied", outcome: "denied", reason: code, after, ...target });
}

const logDenial = (log: Logger, c: Context<ApiEnv>, event: string, reason: string) =>
  log.warn({ event, reason, requestId: c.get("requestId"), ip: c.get("ip"), caller: c.get("caller")?.id });
