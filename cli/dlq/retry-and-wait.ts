import { setTimeout as delay } from "node:timers/promises";
import type { DeadLetter, DeadLetters } from "../../src/queue/dead-letters.ts";
import { followDecisions, type MessageReport } from "../../src/queue/decision-feed.ts";
import type { CliContext } from "../context/cli-context.ts";
import { type RetryContext, retryDeadLetter } from "../../src/inspection/retry-dead-letter.ts";

/** What became of a retried dead letter, and the same for people. */
export interface Retry {
  readonly outcome: "decided" | "dead again" | "queued";
  readonly note: string;
}

type WaitingContext = RetryContext &
  Pick<CliContext, "redis" | "signal"> & {
    readonly redisPrefix: string;
    readonly deadLetters: Pick<DeadLetters, "find">;
  };

const deadlineMs = 15_000;
const pollMs = 100;
/** A worker looks once a second whether its decisions are wanted. */
const noticeMs = 1_500;

/**
 * Queues a dead letter again, and waits at most 15 s until a worker has decided its message or has stored it as a dead letter again.
 * Throws what Redis throws.
 */
export async function retryAndWait(
  context: WaitingContext,
  deadLetter: DeadLetter,
  { wait }: { readonly wait: boolean },
): Promise<Retry> {
  const watching = new AbortController();
  const reports: MessageReport[] = [];
  const followed = wait
    ? followDecisions(context.redis, context.redisPrefix, {
        signal: AbortSignal.any([watching.signal, context.signal]),
        onReports: (more) => void reports.push(...more),
      })
    : Promise.resolve();
  try {
    if (wait) await delay(noticeMs, undefined, { signal: context.signal });
    const retried = await retryDeadLetter(context, deadLetter);
    if (retried.outcome === "unreadable")
      return { outcome: "dead again", note: `still cannot be parsed: ${retried.reason}` };
    if (!wait) return { outcome: "queued", note: "queued" };
    return await outcomeOf(context, deadLetter, reports);
  } finally {
    watching.abort();
    await followed.catch(() => {});
  }
}

async function outcomeOf(
  { deadLetters, signal }: WaitingContext,
  before: DeadLetter,
  reports: MessageReport[],
): Promise<Retry> {
  for (const deadline = Date.now() + deadlineMs; Date.now() < deadline;) {
    const again = await deadLetters.find(before.id);
    if (again !== undefined && again.at !== before.at) {
      const same = again.reason === before.reason ? "for the same reason" : "for another reason";
      return { outcome: "dead again", note: `is a dead letter again, ${same}: ${again.reason}` };
    }
    const report = reports.find(({ id, outcome }) => id === before.id && outcome !== "malformed");
    if (report !== undefined) return { outcome: "decided", note: describe(report) };
    await delay(pollMs, undefined, { signal });
  }
  return { outcome: "queued", note: "queued; no worker has decided it yet" };
}

const describe = ({ outcome, eventId, reason }: MessageReport): string =>
  eventId === undefined
    ? `${outcome}: no event${reason === undefined ? "" : `, ${reason}`}`
    : `published as event ${eventId}`;
