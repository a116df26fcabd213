import type { Candidate, Decided } from "../../src/domain/decide-batch.ts";
import type { Message } from "../../src/domain/message.ts";
import { userIdOf } from "../../src/domain/change.ts";
import type { DeadLetter } from "../../src/queue/dead-letters.ts";
import type { DecisionFeed, MessageReport } from "../../src/queue/decision-feed.ts";
import type { Logger } from "../../src/shared/logger.ts";

export interface BatchMessages {
  readonly decided: readonly Decided[];
  /** Messages about users that Clerk does not have. */
  readonly stale: readonly Message[];
  readonly deferred: readonly Message[];
  readonly forwarded: readonly Candidate[];
  readonly deadLetters: readonly DeadLetter[];
}

/** Tells what became of each message of a batch. */
export type ReportDecisions = (shard: number, messages: BatchMessages) => void;

/** Discarded messages that a worker logs in a second. A replay of old webhooks discards thousands. */
const loggedPerSecond = 10;
const reasons = {
  duplicate: "the same change is published already",
  stale: "a newer change of the user is published already",
  unverified: "the user is unknown, and Clerk was not asked",
  unchanged: "no published field has changed",
} as const;
const staleUserReason = "Clerk has no such user";

/**
 * Offers every message to the feed, and logs the messages that are discarded. Of more than ten in a second, the next line says how many are
 * missing in `suppressed`.
 */
export function createDecisionReport(deps: {
  readonly feed: Pick<DecisionFeed, "isWanted" | "offer">;
  readonly log: Logger;
  readonly now: () => number;
}): ReportDecisions {
  const { feed, log, now } = deps;
  let second = 0;
  let logged = 0;
  let suppressed = 0;
  const logDiscarded = (report: MessageReport) => {
    const current = Math.floor(report.at / 1_000);
    if (current !== second) [second, logged] = [current, 0];
    if (logged >= loggedPerSecond) {
      suppressed += 1;
      return;
    }
    logged += 1;
    const { at: _, ...fields } = report;
    const missing = suppressed === 0 ? {} : { suppressed };
    log.info({ event: "message.discarded", ...fields, ...missing }, "A message gives no event");
    suppressed = 0;
  };
  return (shard, messages) => {
    const reports = describeMessages(shard, feed.isWanted() ? messages : onlyDiscarded(messages), now());
    for (const report of reports) if (discarded.has(report.outcome)) logDiscarded(report);
    feed.offer(reports);
  };
}

/** Not `unchanged`, which every sign-in gives. */
const discarded = new Set(["duplicate", "stale", "stale_user"]);

/** The messages that the log is about. Without an operator who asks, the others need no description. */
const onlyDiscarded = ({ decided, stale }: BatchMessages): BatchMessages => ({
  decided: decided.filter(({ decision }) => discarded.has(decision.outcome)),
  stale,
  deferred: [],
  forwarded: [],
  deadLetters: [],
});

function describeMessages(shard: number, messages: BatchMessages, at: number): MessageReport[] {
  const common = { at, shard };
  const describe = ({ id, type, source, data }: Message, rest: Pick<MessageReport, "outcome" | "reason">) => ({
    ...common,
    id,
    type,
    source,
    userId: typeof data["id"] === "string" ? data["id"] : undefined,
    ...rest,
  });
  return [
    ...messages.decided.map(({ change, message: { id, type, source }, decision }): MessageReport => {
      const described = { at, shard, id, type, source, userId: userIdOf(change), outcome: decision.outcome };
      return decision.outcome === "publish"
        ? Object.assign(described, { eventId: decision.event.eventId })
        : Object.assign(described, { reason: reasons[decision.outcome] });
    }),
    ...messages.stale.map((message) => describe(message, { outcome: "stale_user", reason: staleUserReason })),
    ...messages.deferred.map((message) =>
      describe(message, { outcome: "deferred", reason: "Clerk gives no answer about this user" }),
    ),
    ...messages.forwarded.map(({ message }) =>
      describe(message, { outcome: "forwarded", reason: "the user belongs to another shard" }),
    ),
    ...messages.deadLetters.map(({ id, reason }): MessageReport => ({ at, shard, id, outcome: "malformed", reason })),
  ];
}
