import { z } from "zod";
import { refuseForm } from "../errors/clerk-api-error.ts";
import { paramValueInvalid } from "../errors/form-errors.ts";
import type { Instance } from "../instance/instance.ts";
import { type QueryValues, readPage } from "../instance/query-values.ts";
import type { Session } from "../resources/session.ts";
import { presentSession } from "./present-session.ts";

const statuses = z.enum(["abandoned", "active", "ended", "expired", "removed", "replaced", "revoked"]);

/** One page of the sessions of a user, of a client or of all, newest first, and how many there are without paging. */
export function listSessions(
  instance: Instance,
  query: QueryValues,
): { readonly data: readonly Session[]; readonly total_count: number } {
  const { limit, offset } = readPage(query);
  const [userId, clientId, status] = [query["user_id"]?.[0], query["client_id"]?.[0], query["status"]?.[0]];
  if (status !== undefined && !statuses.safeParse(status).success) refuseForm([paramValueInvalid("status", status)]);
  const now = instance.now();
  const sessions = [...(userId === undefined ? instance.sessions.all() : instance.sessions.ofUser(userId))]
    .map((session) => presentSession(session, now))
    .filter((session) => clientId === undefined || session.client_id === clientId)
    .filter((session) => status === undefined || session.status === status)
    .toReversed()
    .toSorted((left, right) => right.created_at - left.created_at);
  return { data: sessions.slice(offset, offset + limit), total_count: sessions.length };
}
