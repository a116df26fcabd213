import type { ApiApp } from "../http/api-env.ts";
import { addActiveUsers } from "./add-active-users.ts";
import { addCountSeries, type CountSeries } from "./add-count-series.ts";
import type { AnalyticsRouteDeps } from "./read-series.ts";

const countSeries = [
  {
    path: "/api/analytics/sessions",
    summary: "Sign-ins, sign-outs and revoked sessions",
    description: "By Clerk's `session.*` messages, in the hour when it happened.",
    events: { signIns: "signed_in", signOuts: "signed_out", revocations: "revoked" },
  },
  {
    path: "/api/analytics/registrations",
    summary: "New users",
    description: "By the hour of their creation in Clerk, each once, also those who came by a backfill.",
    events: { registrations: "registered" },
  },
  {
    path: "/api/analytics/security-events",
    summary: "Rejected tokens and passwords, denied admin calls, callers over their rate",
    description: "Not counted while Redis is away.",
    events: {
      tokensRejected: "token_rejected",
      passwordsRejected: "password_rejected",
      adminCallsDenied: "admin_denied",
      callersLimited: "rate_limited",
    },
  },
] as const satisfies readonly CountSeries[];

export function addAnalyticsRoutes(api: ApiApp, deps: AnalyticsRouteDeps): void {
  for (const series of countSeries) addCountSeries(api, deps, series);
  addActiveUsers(api, deps);
}
