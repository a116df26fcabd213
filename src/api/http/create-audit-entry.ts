import type { Context } from "hono";
import type { AuditEntry } from "../../audit/audit-record.ts";
import type { ApiEnv } from "./api-env.ts";
import type { Caller } from "./caller.ts";

/** The part of an audit entry that only the operation knows. */
export type AuditDetails = Pick<AuditEntry, "action" | "outcome" | "targetId" | "before" | "after" | "reason">;

/** The audit entry of one operation. Actor, address, user agent and request id come from the request. */
export const createAuditEntry = (c: Context<ApiEnv>, now: () => number, details: AuditDetails): AuditEntry => ({
  at: now(),
  requestId: c.get("requestId"),
  actor: actorOf(c.get("caller")),
  ip: c.get("ip"),
  userAgent: c.req.header("user-agent") ?? "",
  ...details,
});

function actorOf(caller: Caller | undefined): AuditEntry["actor"] {
  if (caller === undefined) return { kind: "anonymous", id: "anonymous" };
  const { kind, id } = caller;
  if (kind === "service" || caller.impersonatorId === undefined) return { kind, id };
  return { kind, id, impersonatorId: caller.impersonatorId };
}
