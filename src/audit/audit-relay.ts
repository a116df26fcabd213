import { setTimeout as delay } from "node:timers/promises";
import { type AuditRecord, parseAuditRecord } from "./audit-record.ts";
import type { AuditOutbox, TakenEntry } from "./audit-outbox.ts";
import type { AuditPublisher } from "./audit-publisher.ts";
import { backoffDelayMs } from "../shared/backoff.ts";
import { messageOf } from "../shared/errors.ts";
import type { Logger } from "../shared/logger.ts";
import type { AuditRelayMetrics } from "./audit-metrics.ts";

export interface AuditRelayDeps {
  readonly outbox: AuditOutbox;
  readonly openPublisher: () => Promise<AuditPublisher>;
  readonly metrics: AuditRelayMetrics;
  readonly log: Logger;
  readonly now: () => number;
}

const backoff = { firstDelayMs: 250, maxDelayMs: 5_000 };
const tidyEveryMs = 1_000;
const lookForAbandonedEveryMs = 15_000;

/** How long a stop waits for a write that is under way; what it leaves is relayed again. */
const stopWithinMs = 3_000;

/** Starts relaying. `stop` resolves when what is in hand is settled, or left to another relay. */
export function startAuditRelay(deps: AuditRelayDeps): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const done = relayAudit(deps, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      deps.outbox.close();
      await Promise.race([done, delay(stopWithinMs, undefined, { ref: false })]);
    },
  };
}

/**
 * Relays the audit trail from Redis to Kafka until the signal says to stop: taken, written, acknowledged. At least once:
 * a relay that dies before it acknowledges leaves its entries to another, under the same ids. While Kafka or Redis is
 * away it waits 250, 500 … 5,000 ms between tries and loses nothing. Never rejects.
 *
 * Entries come to Kafka in no order when several relay; their ids have it.
 */
async function relayAudit(deps: AuditRelayDeps, signal: AbortSignal): Promise<void> {
  const relay: Relay = { ...deps, hand: [], failures: 0, tidiedAt: 0, lookedAt: 0 };
  while (!signal.aborted) {
    try {
      await relayUntilError(relay, signal);
    } catch (error) {
      if (signal.aborted) return;
      relay.failures += 1;
      const delayMs = backoffDelayMs(backoff, relay.failures);
      deps.log.warn({ event: "audit.relay_interrupted", reason: messageOf(error), delayMs }, "Audit trail waits");
      await delay(delayMs, undefined, { signal }).catch(() => {});
    }
  }
}

interface Relay extends AuditRelayDeps {
  /** Taken and not acknowledged; kept over an outage, so that another relay need not wait for them to be abandoned. */
  hand: readonly TakenEntry[];
  /** Consecutive; a round without an error resets it. */
  failures: number;
  tidiedAt: number;
  lookedAt: number;
}

async function relayUntilError(relay: Relay, signal: AbortSignal): Promise<void> {
  await relay.outbox.prepare();
  await tidy(relay);
  const publisher = await relay.openPublisher();
  try {
    while (!signal.aborted) {
      if (relay.hand.length === 0) relay.hand = await nextEntries(relay);
      if (relay.hand.length > 0) await relayHand(relay, publisher);
      await tidy(relay);
      relay.failures = 0;
    }
  } finally {
    await publisher.close();
  }
}

async function nextEntries(relay: Relay): Promise<readonly TakenEntry[]> {
  if (relay.now() - relay.lookedAt >= lookForAbandonedEveryMs) {
    const abandoned = await relay.outbox.takeAbandoned();
    if (abandoned.length > 0) return abandoned;
    relay.lookedAt = relay.now();
  }
  return relay.outbox.take();
}

async function relayHand(relay: Relay, publisher: AuditPublisher): Promise<void> {
  const records: AuditRecord[] = [];
  for (const { id, json } of relay.hand) {
    const record = parseAuditRecord(id, json);
    if (record !== undefined) records.push(record);
    else relay.log.error({ event: "audit.unreadable", id }, "Skips what is not an audit entry");
  }
  if (records.length > 0) await publisher.publish(records);
  await relay.outbox.acknowledge(relay.hand.map(({ id }) => id));
  relay.metrics.relayed.inc(records.length);
  relay.log.info({ event: "audit.relayed", entries: records.length, last: relay.hand.at(-1)?.id });
  relay.hand = [];
}

async function tidy(relay: Relay): Promise<void> {
  const now = relay.now();
  if (now - relay.tidiedAt < tidyEveryMs) return;
  const { waitingSince } = await relay.outbox.tidy(now);
  relay.metrics.lagSeconds.set(waitingSince === undefined ? 0 : Math.max(0, now - waitingSince) / 1_000);
  relay.tidiedAt = now;
}
