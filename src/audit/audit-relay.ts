import { setTimeout as delay } from "node:timers/promises";
import { backoffDelayMs } from "../shared/backoff.ts";
import { messageOf } from "../shared/errors.ts";
import type { Logger } from "../shared/logger.ts";
import type { AuditRelayMetrics } from "./audit-trail.ts";
import type { AuditOutbox, ClaimedEntry } from "./audit-outbox.ts";
import type { AuditPublisher } from "./audit-publisher.ts";
import { type AuditRecord, parseAuditRecord } from "./audit-record.ts";

export interface AuditRelayContext {
  readonly outbox: AuditOutbox;
  readonly openPublisher: () => Promise<AuditPublisher>;
  readonly metrics: AuditRelayMetrics;
  readonly log: Logger;
  readonly now: () => number;
}

const backoff = { firstDelayMs: 250, maxDelayMs: 5_000 };
const trimIntervalMs = 1_000;
const claimAbandonedIntervalMs = 15_000;

/** How long a stop waits for a write in progress; entries that it leaves are relayed again. */
const stopTimeoutMs = 3_000;

/** Starts relaying. `stop` resolves when the claimed entries are written, or left to another relay. */
export function startAuditRelay(context: AuditRelayContext): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const done = relayAudit(context, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      context.outbox.close();
      await Promise.race([done, delay(stopTimeoutMs, undefined, { ref: false })]);
    },
  };
}

/**
 * Relays the audit trail from Redis to Kafka until the signal aborts: claim, write, acknowledge. At least once: entries of a
 * relay that dies before it acknowledges are relayed by another one, under the same ids. While Kafka or Redis is
 * unavailable it waits 250, 500 … 5,000 ms between attempts and loses nothing. Never rejects.
 *
 * With several relays the order of entries in Kafka is undefined; consumers can sort by id.
 */
async function relayAudit(context: AuditRelayContext, signal: AbortSignal): Promise<void> {
  const relay: Relay = { ...context, claimed: [], failures: 0, trimmedAt: 0, abandonedClaimedAt: 0 };
  while (!signal.aborted) {
    try {
      await relayUntilError(relay, signal);
    } catch (error) {
      if (signal.aborted) return;
      relay.failures += 1;
      const delayMs = backoffDelayMs(backoff, relay.failures);
      context.log.warn(
        { event: "audit.relay_interrupted", reason: messageOf(error), delayMs },
        "Relaying the audit trail is interrupted; it will be retried",
      );
      await delay(delayMs, undefined, { signal }).catch(() => {});
    }
  }
}

interface Relay extends AuditRelayContext {
  /** Kept across an outage, so that another relay does not have to wait until they count as abandoned. */
  claimed: readonly ClaimedEntry[];
  /** Consecutive failures; a round without an error resets it. */
  failures: number;
  trimmedAt: number;
  abandonedClaimedAt: number;
}

async function relayUntilError(relay: Relay, signal: AbortSignal): Promise<void> {
  await relay.outbox.prepare();
  await trim(relay);
  const publisher = await relay.openPublisher();
  try {
    while (!signal.aborted) {
      if (relay.claimed.length === 0) relay.claimed = await nextEntries(relay);
      if (relay.claimed.length > 0) await relayClaimed(relay, publisher);
      await trim(relay);
      relay.failures = 0;
    }
  } finally {
    await publisher.close();
  }
}

async function nextEntries(relay: Relay): Promise<readonly ClaimedEntry[]> {
  if (relay.now() - relay.abandonedClaimedAt >= claimAbandonedIntervalMs) {
    const abandoned = await relay.outbox.claimAbandoned();
    if (abandoned.length > 0) return abandoned;
    relay.abandonedClaimedAt = relay.now();
  }
  return relay.outbox.claim();
}

async function relayClaimed(relay: Relay, publisher: AuditPublisher): Promise<void> {
  const records: AuditRecord[] = [];
  for (const { id, json } of relay.claimed) {
    const record = parseAuditRecord(id, json);
    if (record !== undefined) records.push(record);
    else relay.log.error({ event: "audit.unreadable", id }, "Skipped an entry that cannot be parsed");
  }
  if (records.length > 0) await publisher.publish(records);
  await relay.outbox.acknowledge(relay.claimed.map(({ id }) => id));
  relay.metrics.relayed.inc(records.length);
  relay.log.info({ event: "audit.relayed", entries: records.length, last: relay.claimed.at(-1)?.id });
  relay.claimed = [];
}

async function trim(relay: Relay): Promise<void> {
  const now = relay.now();
  if (now - relay.trimmedAt < trimIntervalMs) return;
  const waitingSince = await relay.outbox.trim(now);
  relay.metrics.lagSeconds.set(waitingSince === undefined ? 0 : Math.max(0, now - waitingSince) / 1_000);
  relay.trimmedAt = now;
}
