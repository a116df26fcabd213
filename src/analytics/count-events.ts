import { z } from "zod";
import type { SessionChange } from "../clerk/payloads/parse-session-change.ts";
import { loadScript } from "../redis/redis-client.ts";
import type { AnalyticsContext } from "./analytics-config.ts";
import {
  activeEndsAt,
  analyticsKeys,
  type CountedEvent,
  countsEndAt,
  isKept,
  type RegistrationSource,
  repeatsKnownForMs,
} from "./analytics-keys.ts";
import { startOf, startOfNext } from "./intervals.ts";

/** `repeated`: the message was counted before. `expired`: it happened before the retention period. */
export type SessionCount = "counted" | "repeated" | "expired";

/**
 * Counts a sign-in, sign-out or revocation in the hour when it happened, once per message, and its user as active on the
 * day of the session's last use. Resolves once Redis has stored it; throws while Redis is unavailable. A message that is
 * replayed by hand in Svix more than two days after it happened counts again.
 */
export async function countSession(context: AnalyticsContext, change: SessionChange): Promise<SessionCount> {
  const { messageId, event, userId, at, activeAt } = change;
  const kept = (time: number) => isKept(time, context.now(), context.config.retentionDays);
  if (!kept(at)) return "expired";
  const counted = await countOnce(context, {
    event,
    of: "message",
    ids: [messageId],
    at,
    ...(activeAt !== undefined && kept(activeAt) && { active: { userId, at: activeAt } }),
  });
  return counted === 1 ? "counted" : "repeated";
}

export interface Registration {
  readonly userId: string;
  /** By Clerk's clock, ms. It never changes, so a user always belongs to the same hour. */
  readonly createdAt: number;
  /** The message that the bridge saw first. */
  readonly source: RegistrationSource;
}

/** Counts users in the hour of their creation, each once, however often it is called for a user within two days. */
export async function countRegistrations(
  context: AnalyticsContext,
  registrations: readonly Registration[],
): Promise<void> {
  const kept = registrations.filter(({ createdAt }) => isKept(createdAt, context.now(), context.config.retentionDays));
  const groups = Map.groupBy(kept, ({ createdAt, source }) => `${startOf("hour", createdAt)} ${source}`);
  await Promise.all(
    [...groups.values()].map(async (users) => {
      const [first] = users;
      if (first === undefined) return;
      await countOnce(context, {
        event: `registered_by_${first.source}`,
        of: "user",
        ids: users.map(({ userId }) => userId),
        at: startOf("hour", first.createdAt),
      });
    }),
  );
}

interface Occurrences {
  readonly event: CountedEvent;
  /** The kind of the ids. */
  readonly of: "message" | "user";
  /** 1 to 5,000 ids, all of the same hour. */
  readonly ids: readonly string[];
  /** When they happened, ms. */
  readonly at: number;
  readonly active?: { readonly userId: string; readonly at: number };
}

const countOnceScript = loadScript(new URL("count-once.lua", import.meta.url));

/** Counts each id once, in its hour and on its day. Resolves with the number of new ids once Redis has stored them. */
async function countOnce(context: AnalyticsContext, { event, of, ids, at, active }: Occurrences): Promise<number> {
  const { redis, redisPrefix, config, now } = context;
  const keys = analyticsKeys(redisPrefix);
  const seenEndsAt = Math.max(startOfNext("hour", at), now()) + repeatsKnownForMs;
  const activeAt = active?.at ?? at;
  const counted = await countOnceScript(
    redis,
    [keys.seen(of, at), keys.hour(at), keys.day(at), ...(active === undefined ? [] : [keys.active(activeAt)])],
    [
      event,
      String(seenEndsAt),
      String(countsEndAt(at, config.retentionDays)),
      String(activeEndsAt(activeAt, config.retentionDays)),
      active?.userId ?? "",
      ...ids,
    ],
  );
  return z.number().parse(counted);
}
