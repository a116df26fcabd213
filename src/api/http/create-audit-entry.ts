import type { Context } from "hono";
import type { Caller } from "./caller.ts";
import type { ApiEnv } from "./api-env.ts";
import type { AuditEntry } from "../../audit/audit-trail.ts";

/** The part of an entry that only the operation knows. */
export type AuditDetails = Pick<AuditEntry, "action" | "outcome" | "targetId" | "before" | "after" | "reason">;

/** The audit entry for what this request did: who, from where and when come from the request. */
export const createAuditEntry = (c: Context<ApiEnv>, now: () => number, deed: AuditDetails): AuditEntry => ({
  at: now(),
  requestId: c.get("requestId"),
  actor: actorOf(c.get("caller")),
  ip: c.get("ip"),
  userAgent: c.req.header("user-agent") ?? "",
  ...deed,
});

function actorOf(caller: Caller | undefined): AuditEntry["actor"] {
  if (caller === undefined) return { kind: "anonymous", id: "anonymous" };
  const { kind, id } = caller;
  if (kind === "service" || caller.impersonatorId === undefined) return { kind, id };
  return { kind, id, impersonatorId: caller.impersonatorId };
}
