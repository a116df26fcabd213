import { setTimeout as delay } from "node:timers/promises";
import type { CheckResult } from "./check-result.ts";

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
