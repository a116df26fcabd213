import { setTimeout as delay } from "node:timers/promises";
import type { ClerkUser, WebhookMessage } from "clerk-emulator";
import type { Violation } from "../../support/bridge/find-violations.ts";
import type { TopicRecord } from "../../support/kafka/read-topic.ts";

/** What Clerk sent during the run, and its users at the end. */
export interface ClerkHistory {
  /** The users as Clerk has them now. */
  readonly users: readonly ClerkUser[];
  /** Ids of all users that ever existed. */
  readonly everMade: ReadonlySet<string>;
  readonly messages: readonly WebhookMessage[];
  /** Ids of the messages that cannot be processed. */
  readonly poison: ReadonlySet<string>;
  /** Whether every message was delivered and Redis lost nothing. Then every unprocessable message must be a dead letter. */
  readonly nothingLost: boolean;
}

export interface CheckResult {
  readonly violations: readonly Violation[];
  /** Figures for the report: events, dead letters … */
  readonly counts: Readonly<Record<string, number>>;
  readonly events: readonly TopicRecord[];
}

const everyMs = 2_000;

/**
 * Repeats the check until it finds no violation or the deadline passes, because a reconciliation needs time to repair losses.
 * A wrong event cannot be hidden by waiting: events stay in the topic.
 */
export async function checkUntilConsistent(
  check: () => Promise<CheckResult>,
  deadlineMs: number,
): Promise<CheckResult> {
  const startedAt = Date.now();
  for (;;) {
    const result = await check();
    if (result.violations.length === 0 || Date.now() - startedAt > deadlineMs) return result;
    await delay(everyMs);
  }
}
