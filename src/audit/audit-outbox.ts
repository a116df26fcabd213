import { z } from "zod";
import { auditDenialsKey, auditStream } from "../redis/keys.ts";
import { type RedisClient, loadScript } from "../redis/redis-client.ts";
import { entryJson } from "./audit-record.ts";
import { positive } from "../shared/environment.ts";

/** An entry that this process has claimed and must acknowledge. */
export interface ClaimedEntry {
  readonly id: string;
  /** As stored, not yet validated. */
  readonly json: string;
}

/** The audit trail as an outbox for Kafka, shared by all workers. Every call throws while Redis is unavailable. */
export interface AuditOutbox {
  /** Creates the consumer group. Must be called before all else, and again after Redis lost its data. */
  prepare(): Promise<void>;
  /** Claims new entries; waits about a second for the first one. */
  claim(): Promise<readonly ClaimedEntry[]>;
  /** Claims entries of a worker that did not acknowledge them in time. */
  claimAbandoned(): Promise<readonly ClaimedEntry[]>;
  /** Marks entries as written to Kafka. */
  acknowledge(ids: readonly string[]): Promise<void>;
  /**
   * Trims the stream by age and number, denials to a tenth of the number; entries that Kafka does not have stay. Resolves with the time when the oldest of
   * those was recorded (ms by Redis's clock), or undefined when Kafka has all entries.
   */
  trim(now: number): Promise<number | undefined>;
  close(): void;
}

export interface AuditOutboxOptions {
  readonly redis: RedisClient;
  /** A separate connection for blocking reads; closed with the outbox. */
  readonly blockingRedis: RedisClient;
  readonly redisPrefix: string;
  readonly config: AuditConfig;
  /** Time after which an unacknowledged entry can be claimed by another worker, ms. */
  readonly abandonedAfterMs: number;
}

/** Entries have at most 20 KB, so a full claim fits into one write to Kafka (1 MB). */
const maxClaimed = 32;
const maxTrimmed = 1_000;
/** Of the entries that are kept. */
const denialsShare = 0.1;
const blockMs = 1_000;
/** The consumer group through which the workers share the relaying. */
const relayGroup = "kafka";
/** One name for all workers: only the time of a claim matters, not its owner. */
const consumer = "relay";

const trimStream = loadScript(new URL("trim-stream.lua", import.meta.url));
const fieldsSchema = z.array(z.string());
/** An entry that was deleted while it was claimed has no fields. */
const entriesSchema = z.array(z.tuple([z.string(), fieldsSchema.nullable()]).nullable());
const readSchema = z.array(z.tuple([z.string(), entriesSchema])).nullable();
const claimedSchema = z.tuple([z.string(), entriesSchema], z.unknown());
const trimmedSchema = z.tuple([z.number(), z.string()]);

export function createAuditOutbox(options: AuditOutboxOptions): AuditOutbox {
  const { redis, blockingRedis, redisPrefix, config, abandonedAfterMs } = options;
  const stream = auditStream(redisPrefix);
  return {
    prepare: async () => {
      try {
        await redis.xgroup("CREATE", stream, relayGroup, "0", "MKSTREAM");
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith("BUSYGROUP")) throw error;
      }
    },
    claim: async () => {
      const reply = await blockingRedis.xreadgroup(
        "GROUP",
        relayGroup,
        consumer,
        "COUNT",
        maxClaimed,
        "BLOCK",
        blockMs,
        "STREAMS",
        stream,
        ">",
      );
      return toClaimed(readSchema.parse(reply)?.[0]?.[1] ?? []);
    },
    claimAbandoned: async () => {
      const reply = await redis.xautoclaim(stream, relayGroup, consumer, abandonedAfterMs, "0", "COUNT", maxClaimed);
      return toClaimed(claimedSchema.parse(reply)[1]);
    },
    acknowledge: async (ids) => {
      if (ids.length > 0) await redis.xack(stream, relayGroup, ...ids);
    },
    trim: async (now) => {
      const { retentionMs, maxEntries } = config;
      const maxDenials = Math.ceil(maxEntries * denialsShare);
      const args = [relayGroup, now - retentionMs, maxEntries, maxTrimmed, maxDenials].map(String);
      const [, oldest] = trimmedSchema.parse(await trimStream(redis, [stream, auditDenialsKey(redisPrefix)], args));
      return oldest === "" ? undefined : Number.parseInt(oldest, 10);
    },
    close: () => blockingRedis.disconnect(),
  };
}

const toClaimed = (entries: z.infer<typeof entriesSchema>): ClaimedEntry[] =>
  entries.flatMap((entry) => (entry === null ? [] : { id: entry[0], json: entryJson(entry[1] ?? []) }));

export const AUDIT_ENVIRONMENT = {
  AUDIT_RETENTION_MS: positive
    .default(90 * 86_400_000)
    .describe("Time that GET /api/audit shows an entry, in ms. An entry stays in Redis at least until Kafka has it"),
  AUDIT_MAX_ENTRIES: positive
    .default(100_000)
    .describe(
      "Maximum number of entries that GET /api/audit shows; a tenth of them may be denials. An entry stays in Redis at least until Kafka has it",
    ),
};
type Environment = z.infer<z.ZodObject<typeof AUDIT_ENVIRONMENT>>;

/** Bounds of the audit trail in Redis; entries that Kafka does not have yet are kept beyond them. */
export interface AuditConfig {
  readonly retentionMs: number;
  readonly maxEntries: number;
}

export const toAuditConfig = (env: Environment): AuditConfig => ({
  retentionMs: env.AUDIT_RETENTION_MS,
  maxEntries: env.AUDIT_MAX_ENTRIES,
});
