import { z } from "zod";
import { loadScript } from "../redis/load-script.ts";
import type { AnalyticsDeps } from "./analytics-deps.ts";
import { activeEndsAt, analyticsKeys, type CountedEvent, countsEndAt, repeatsKnownForMs } from "./analytics-keys.ts";
import { startOfNext } from "./intervals.ts";

export interface Occurrences {
  readonly event: CountedEvent;
  /** Of what kind the ids are. */
  readonly of: "message" | "user";
  /** All of one hour; 1 to 5,000. */
  readonly ids: readonly string[];
  /** When they happened, ms. */
  readonly at: number;
  readonly active?: { readonly userId: string; readonly at: number };
}

const countOnceScript = loadScript(new URL("count-once.lua", import.meta.url));

/** Counts in the hour and on the day when it happened, each id once. Resolves with how many were new, once Redis has them. */
export async function countOnce(deps: AnalyticsDeps, { event, of, ids, at, active }: Occurrences): Promise<number> {
  const { redis, redisPrefix, config, now } = deps;
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
