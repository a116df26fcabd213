import { z } from "zod";
import { auditStream, entryJson } from "../redis/keys.ts";
import { type AuditRecord, parseAuditRecord } from "./audit-record.ts";
import type { RedisClient } from "../redis/redis-client.ts";

/** Which entries; all of it must fit. Times are ms. */
interface AuditFilter {
  /** Who did it, or who acted as that user. */
  readonly actor?: string | undefined;
  readonly target?: string | undefined;
  readonly action?: string | undefined;
  readonly outcome?: AuditRecord["outcome"] | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

interface AuditPage {
  readonly entries: readonly AuditRecord[];
  /** Goes on from here; nothing when there is no more. */
  readonly nextCursor: string | undefined;
}

export interface AuditReader {
  /**
   * Entries newest first, from the cursor on; what is recorded meanwhile moves no page. A page can have fewer entries than
   * the limit, even none, and a cursor all the same: one call looks at 5,000 entries at most. Throws while Redis is away.
   */
  read(filter: AuditFilter, limit: number, cursor: string | undefined): Promise<AuditPage>;
}

const chunkSize = 250;
const mostChunks = 20;
/** How far the clocks of the API and of Redis may be apart. */
const skewMs = 60_000;
const chunkSchema = z.array(z.tuple([z.string(), z.array(z.string())]));

export function createAuditReader(redis: RedisClient, redisPrefix: string): AuditReader {
  const stream = auditStream(redisPrefix);
  return {
    read: async (filter, limit, cursor) => {
      const fits = createFilter(filter);
      const oldest = filter.from === undefined ? "-" : String(Math.max(0, filter.from - skewMs));
      const newest = filter.to === undefined ? "+" : String(Math.max(0, filter.to + skewMs));
      const entries: AuditRecord[] = [];
      let position = cursor;
      for (let chunks = 0; chunks < mostChunks; chunks += 1) {
        const end = position === undefined ? newest : `(${position}`;
        const chunk = chunkSchema.parse(await redis.xrevrange(stream, end, oldest, "COUNT", chunkSize));
        for (const [id, fields] of chunk) {
          if (entries.length === limit) return { entries, nextCursor: position };
          const record = parseAuditRecord(id, entryJson(fields));
          if (record !== undefined && fits(record)) entries.push(record);
          position = id;
        }
        if (chunk.length < chunkSize) return { entries, nextCursor: undefined };
      }
      return { entries, nextCursor: position };
    },
  };
}

const createFilter =
  ({ actor, target, action, outcome, from, to }: AuditFilter) =>
  (record: AuditRecord): boolean => {
    const at = Date.parse(record.at);
    return (
      (actor === undefined || record.actor.id === actor || record.actor.impersonatorId === actor) &&
      (target === undefined || record.targetId === target) &&
      (action === undefined || record.action === action) &&
      (outcome === undefined || record.outcome === outcome) &&
      (from === undefined || at >= from) &&
      (to === undefined || at <= to)
    );
  };
