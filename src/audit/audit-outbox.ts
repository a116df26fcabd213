import { z } from "zod";
import { loadScript } from "../redis/load-script.ts";
import type { AuditConfig } from "./audit-config.ts";
import { auditStream, entryJson, relayGroup } from "../redis/keys.ts";
import type { RedisClient } from "../redis/redis-client.ts";

/** An entry that this process holds and has to acknowledge. */
export interface TakenEntry {
  readonly id: string;
  /** As it was stored; nobody has checked it yet. */
  readonly json: string;
}

interface Tidied {
  readonly dropped: number;
  /** When the oldest entry that Kafka does not have was recorded, ms by Redis's clock; nothing when Kafka has all. */
  readonly waitingSince: number | undefined;
}

/** The audit trail as the outbox of Kafka, shared by all who take from it. Every call throws while Redis is away. */
export interface AuditOutbox {
  /** Must come before all else, and again after Redis lost its data. */
  prepare(): Promise<void>;
  /** Waits about a second for entries that nobody was given yet. */
  take(): Promise<readonly TakenEntry[]>;
  /** Takes over what was given so long ago that whoever had it must be gone. */
  takeAbandoned(): Promise<readonly TakenEntry[]>;
  /** Kafka has these. */
  acknowledge(ids: readonly string[]): Promise<void>;
  /** Bounds the stream by age and number, without what Kafka does not have yet. */
  tidy(now: number): Promise<Tidied>;
  close(): void;
}

export interface AuditOutboxDeps {
  readonly redis: RedisClient;
  /** A connection of its own to wait on; closed with the outbox. */
  readonly waitingRedis: RedisClient;
  readonly redisPrefix: string;
  readonly config: AuditConfig;
  /** After how long an entry that was given to somebody and not acknowledged is given to another, ms. */
  readonly abandonedAfterMs: number;
}

/** Entries are 20 KB at most, so these fit into one write to Kafka (1 MB). */
const maxEntries = 32;
const maxDropped = 1_000;
const waitMs = 1_000;
/** One name for all: who was given an entry does not matter, only when. */
const consumer = "relay";

const tidyStream = loadScript(new URL("tidy-stream.lua", import.meta.url));
const fieldsSchema = z.array(z.string());
/** An entry that somebody deleted while it was given out has no fields. */
const entriesSchema = z.array(z.tuple([z.string(), fieldsSchema.nullable()]).nullable());
const readSchema = z.array(z.tuple([z.string(), entriesSchema])).nullable();
const claimedSchema = z.tuple([z.string(), entriesSchema], z.unknown());
const tidiedSchema = z.tuple([z.number(), z.string()]);

export function createAuditOutbox(deps: AuditOutboxDeps): AuditOutbox {
  const { redis, waitingRedis, redisPrefix, config, abandonedAfterMs } = deps;
  const stream = auditStream(redisPrefix);
  return {
    prepare: async () => {
      try {
        await redis.xgroup("CREATE", stream, relayGroup, "0", "MKSTREAM");
      } catch (error) {
        if (!(error instanceof Error) || !error.message.startsWith("BUSYGROUP")) throw error;
      }
    },
    take: async () => {
      const reply = await waitingRedis.xreadgroup(
        "GROUP",
        relayGroup,
        consumer,
        "COUNT",
        maxEntries,
        "BLOCK",
        waitMs,
        "STREAMS",
        stream,
        ">",
      );
      return takenOf(readSchema.parse(reply)?.[0]?.[1] ?? []);
    },
    takeAbandoned: async () => {
      const reply = await redis.xautoclaim(stream, relayGroup, consumer, abandonedAfterMs, "0", "COUNT", maxEntries);
      return takenOf(claimedSchema.parse(reply)[1]);
    },
    acknowledge: async (ids) => {
      if (ids.length > 0) await redis.xack(stream, relayGroup, ...ids);
    },
    tidy: async (now) => {
      const args = [relayGroup, now - config.retentionMs, config.maxEntries, maxDropped].map(String);
      const [dropped, oldest] = tidiedSchema.parse(await tidyStream(redis, [stream], args));
      return { dropped, waitingSince: oldest === "" ? undefined : Number.parseInt(oldest, 10) };
    },
    close: () => waitingRedis.disconnect(),
  };
}

const takenOf = (entries: z.infer<typeof entriesSchema>): TakenEntry[] =>
  entries.flatMap((entry) => (entry === null ? [] : { id: entry[0], json: entryJson(entry[1] ?? []) }));
