import { setTimeout as delay } from "node:timers/promises";
import type { Judgement } from "./judgement.ts";

const everyMs = 2_000;

/**
 * Judges again until nothing is found or the deadline is over: a reconciliation takes its time to find what is missing.
 * What it must not have done it cannot undo: events stay in the topic.
 */
export async function judgeWhenEqual(judge: () => Promise<Judgement>, deadlineMs: number): Promise<Judgement> {
  const startedAt = Date.now();
  for (;;) {
    const judgement = await judge();
    if (judgement.violations.length === 0 || Date.now() - startedAt > deadlineMs) return judgement;
    await delay(everyMs);
  }
}
