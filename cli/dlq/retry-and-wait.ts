import { setTimeout as delay } from "node:timers/promises";
import { type RetryContext, retryDeadLetter } from "../../src/inspection/retry-dead-letter.ts";
import type { DeadLetter, DeadLetters } from "../../src/queue/dead-letters.ts";
import { followDecisions, type MessageReport } from "../../src/queue/decision-feed.ts";
import type { CliContext } from "../context/cli-context.ts";

/** What became of a retried dead letter, and the same for people. */
export interface Retry {
  readonly id: string;
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
 * Queues dead letters again, and waits at most 15 s after the last one until workers have decided all their messages or have stored
 * them as dead letters again. Throws what Redis throws.
 */
export async function retryAndWait(
  context: WaitingContext,
  letters: readonly DeadLetter[],
  { wait }: { readonly wait: boolean },
): Promise<readonly Retry[]> {
  const watching = new AbortController();
  const reports = new Map<string, MessageReport>();
  const followed = wait
    ? followDecisions(context.redis, context.redisPrefix, {
        signal: AbortSignal.any([watching.signal, context.signal]),
        onReports: (more) => more.forEach((report) => reports.set(report.id, report)),
      })
    : Promise.resolve();
  try {
    if (wait) await delay(noticeMs, undefined, { signal: context.signal });
    const retries = new Map<string, Retry>();
    for (const letter of letters) retries.set(letter.id, await queueAgain(context, letter));
    if (wait) await awaitOutcomes(context, letters, retries, reports);
    return [...retries.values()];
  } finally {
    watching.abort();
    await followed.catch(() => {});
  }
}

async function queueAgain(context: WaitingContext, letter: DeadLetter): Promise<Retry> {
  const retried = await retryDeadLetter(context, letter);
  return retried.outcome === "queued"
    ? { id: letter.id, outcome: "queued", note: "queued" }
    : { id: letter.id, outcome: "dead again", note: `still cannot be parsed: ${retried.reason}` };
}

/** Replaces the retries whose messages have been decided, and says of those that are left that they have not. */
async function awaitOutcomes(
  context: WaitingContext,
  letters: readonly DeadLetter[],
  retries: Map<string, Retry>,
  reports: ReadonlyMap<string, MessageReport>,
): Promise<void> {
  let open = letters.filter(({ id }) => retries.get(id)?.outcome === "queued");
  for (const deadline = Date.now() + deadlineMs; open.length > 0 && Date.now() < deadline;) {
    const outcomes = await Promise.all(open.map((letter) => outcomeOf(context, letter, reports.get(letter.id))));
    for (const outcome of outcomes) if (outcome !== undefined) retries.set(outcome.id, outcome);
    open = open.filter((_, index) => outcomes[index] === undefined);
    if (open.length > 0) await delay(pollMs, undefined, { signal: context.signal });
  }
  for (const { id } of open) retries.set(id, { id, outcome: "queued", note: "queued; no worker has decided it yet" });
}

async function outcomeOf(
  { deadLetters }: WaitingContext,
  before: DeadLetter,
  report: MessageReport | undefined,
): Promise<Retry | undefined> {
  const { id } = before;
  const again = await deadLetters.find(id);
  if (again !== undefined && again.at !== before.at) {
    const same = again.reason === before.reason ? "for the same reason" : "for another reason";
    return { id, outcome: "dead again", note: `is a dead letter again, ${same}: ${again.reason}` };
  }
  if (report === undefined || report.outcome === "malformed") return undefined;
  return { id, outcome: "decided", note: describe(report) };
}

const describe = ({ outcome, eventId, reason }: MessageReport): string =>
  eventId === undefined
    ? `${outcome}: no event${reason === undefined ? "" : `, ${reason}`}`
    : `published as event ${eventId}`;
