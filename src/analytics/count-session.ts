import type { AnalyticsDeps } from "./analytics-deps.ts";
import { isKept } from "./analytics-keys.ts";
import { countOnce } from "./count-once.ts";
import type { SessionChange } from "../clerk/payloads/parse-session-change.ts";

/** `repeated`: it was counted before. `expired`: it happened before what is kept. */
export type SessionCount = "counted" | "repeated" | "expired";

/**
 * Counts a sign-in, sign-out or revocation in the hour when it happened, once for each message, and its user as active on
 * the day when the session was last used. Resolves once Redis has it; throws while Redis is away.
 *
 * A message that Svix is made to replay by hand more than two days after it happened counts again.
 */
export async function countSession(deps: AnalyticsDeps, change: SessionChange): Promise<SessionCount> {
  const { messageId, event, userId, at, activeAt } = change;
  const kept = (time: number) => isKept(time, deps.now(), deps.config.retentionDays);
  if (!kept(at)) return "expired";
  const counted = await countOnce(deps, {
    event,
    of: "message",
    ids: [messageId],
    at,
    ...(activeAt !== undefined && kept(activeAt) && { active: { userId, at: activeAt } }),
  });
  return counted === 1 ? "counted" : "repeated";
}
