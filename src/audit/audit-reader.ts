import { z } from "zod";
import { auditStream } from "../redis/keys.ts";
import type { RedisClient } from "../redis/redis-client.ts";
import { type AuditRecord, entryJson, parseAuditRecord } from "./audit-record.ts";

/** Conditions that an entry must all meet. Times are ms. */
interface AuditFilter {
  /** The actor, or the impersonator of the actor. */
  readonly actor?: string | undefined;
  readonly target?: string | undefined;
  readonly action?: string | undefined;
  readonly outcome?: AuditRecord["outcome"] | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

interface AuditPage {
  readonly entries: readonly AuditRecord[];
  /** Where the next page starts; undefined on the last page. */
  readonly nextCursor: string | undefined;
}

export interface AuditReader {
  /**
   * Entries, newest first, from the cursor on; new entries do not shift pages. One call examines at most 5,000 entries, so
   * a page with a cursor can have fewer entries than the limit, even none. Throws while Redis is unavailable.
   */
  read(filter: AuditFilter, limit: number, cursor: string | undefined): Promise<AuditPage>;
}

const chunkSize = 250;
const maxChunks = 20;
/** Tolerated difference between the clocks of the API and of Redis. */
const skewMs = 60_000;
const chunkSchema = z.array(z.tuple([z.string(), z.array(z.string())]));

export function createAuditReader(redis: RedisClient, redisPrefix: string): AuditReader {
  const stream = auditStream(redisPrefix);
  return {
    read: async (filter, limit, cursor) => {
      const matches = createFilter(filter);
      const oldest = filter.from === undefined ? "-" : String(Math.max(0, filter.from - skewMs));
      const newest = filter.to === undefined ? "+" : String(Math.max(0, filter.to + skewMs));
      const entries: AuditRecord[] = [];
      let position = cursor;
      for (let chunks = 0; chunks < maxChunks; chunks += 1) {
        const end = position === undefined ? newest : `(${position}`;
        const chunk = chunkSchema.parse(await redis.xrevrange(stream, end, oldest, "COUNT", chunkSize));
        for (const [id, fields] of chunk) {
          if (entries.length === limit) return { entries, nextCursor: position };
          const record = parseAuditRecord(id, entryJson(fields));
          if (record !== undefined && matches(record)) entries.push(record);
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
