import { headerNames, type OptionalField, type UserEvent, userEventSchema } from "@clerk-kafka-bridge/events";
import { parseChange } from "../clerk/payloads/parse-change.ts";
import type { Snapshot } from "../domain/change.ts";
import { messageSchema } from "../domain/message.ts";
import type { State } from "../domain/state.ts";
import type { FollowOptions } from "../kafka/consuming/follow-topic.ts";
import { kafkaReason } from "../kafka/client/explain-error.ts";
import type { LedgerView } from "../ledger/ledger-view.ts";
import type { DeadLetter, DeadLetters } from "../queue/dead-letters.ts";
import type { MessageQueues } from "../queue/message-queues.ts";
import { compareViews, type Problem } from "../reconciliation/compare/compare-views.ts";
import { writeSnapshot } from "../reconciliation/compare/queue-missed.ts";
import type { UserPageReader } from "../reconciliation/paging/user-page-reader.ts";
import { messageOf } from "../shared/errors.ts";
import { parseJson } from "../shared/parse-json.ts";
import { withTimeout } from "../shared/with-timeout.ts";

/** Where the view of a user comes from. Only Redis must be available. */
export interface UserSources {
  readonly shardOf: (userId: string) => number;
  readonly viewShard: (shard: number) => Pick<LedgerView, "read">;
  readonly queues: Pick<MessageQueues, "listWaiting">;
  readonly deadLetters: Pick<DeadLetters, "list">;
  readonly follow: (options: FollowOptions) => Promise<void>;
  readonly eventsTopic: string;
  readonly readPage: UserPageReader;
  readonly eventFields: readonly OptionalField[];
  readonly signal: AbortSignal;
}

export interface SeenEvent {
  readonly event: UserEvent;
  readonly origin: string;
  readonly sequence: number;
  readonly partition: number;
  readonly offset: string;
  /** When the broker stored it, in ms. */
  readonly storedAt: number;
}

/** Either what was found, or why it could not be read. */
type Found<T> =
  | { readonly outcome: "read"; readonly value: T }
  | { readonly outcome: "unavailable"; readonly reason: string };

export interface UserInspection {
  readonly userId: string;
  readonly shard: number;
  /** The published state. Undefined: the bridge does not know the user. */
  readonly state: State | undefined;
  readonly ledgerComplete: boolean;
  /** The events that Kafka still has, in order. */
  readonly events: Found<readonly SeenEvent[]>;
  /** Messages about the user that wait for a worker, among the oldest thousand jobs of the shard. */
  readonly waiting: readonly { readonly id: string; readonly type: string; readonly receivedAt: number }[];
  /** Among the thousand newest dead letters. */
  readonly deadLetters: readonly DeadLetter[];
  /** What Clerk says now; undefined for a user that Clerk does not have. */
  readonly clerk: Found<Snapshot | undefined>;
  /** How the published state differs from Clerk's. Empty when it does not, or when Clerk is unavailable. */
  readonly problems: readonly Problem[];
}

const scanned = 1_000;
const clerkTimeoutMs = 10_000;

/** All that the bridge, Kafka and Clerk know of one user. Throws what Redis throws. */
export async function inspectUser(sources: UserSources, userId: string): Promise<UserInspection> {
  const shard = sources.shardOf(userId);
  const [ledger, jobs, deadLetters, events, clerk] = await Promise.all([
    sources.viewShard(shard).read([userId]),
    sources.queues.listWaiting(shard, scanned),
    sources.deadLetters.list(0, scanned),
    attempt(readEvents(sources, userId, shard), kafkaReason),
    attempt(
      withTimeout(clerkTimeoutMs, readFromClerk(sources, userId), () => new Error("no answer from Clerk in time")),
      messageOf,
    ),
  ]);
  const state = ledger.states.get(userId);
  // Kafka's state and the index are not read.
  const views = { ledger: state, kafka: state, places: [] };
  const problems = clerk.outcome === "read" ? compareViews({ clerk: clerk.value, ...views }) : [];
  return {
    userId,
    shard,
    state,
    ledgerComplete: ledger.complete,
    events,
    waiting: jobs.flatMap(messagesAbout(userId)),
    deadLetters: deadLetters.filter(({ body }) => body.includes(JSON.stringify(userId))),
    clerk,
    problems: problems.filter((problem) => "store" in problem && problem.store === "ledger"),
  };
}

async function attempt<T>(work: Promise<T>, reasonOf: (error: unknown) => string): Promise<Found<T>> {
  try {
    return { outcome: "read", value: await work };
  } catch (error) {
    return { outcome: "unavailable", reason: reasonOf(error) };
  }
}

async function readEvents(
  { follow, eventsTopic, signal }: UserSources,
  userId: string,
  shard: number,
): Promise<SeenEvent[]> {
  const seen: SeenEvent[] = [];
  await follow({
    topic: eventsTopic,
    partition: shard,
    from: "beginning",
    until: "now",
    signal,
    onRecords: async (records) => {
      for (const { key, value, headers, partition, offset, timestamp } of records) {
        if (key !== userId) continue;
        const event = parseEvent(value);
        if (event === undefined) continue;
        const origin = headers[headerNames.origin] ?? "";
        const sequence = Number(headers[headerNames.sequence] ?? 0);
        seen.push({ event, origin, sequence, partition, offset: String(offset), storedAt: timestamp });
      }
    },
  });
  return seen.toSorted((a, b) => a.sequence - b.sequence);
}

/** Undefined for a record that another program has written to the topic. */
export const parseEvent = (value: string | null): UserEvent | undefined =>
  userEventSchema.safeParse(parseJson(value ?? "")).data;

async function readFromClerk({ readPage, eventFields }: UserSources, userId: string): Promise<Snapshot | undefined> {
  const { users, readAt } = await readPage({ order: "none", ids: [userId] });
  const user = users.find(({ id }) => id === userId);
  if (user === undefined) return undefined;
  const parsed = parseChange(writeSnapshot(user, "reconciliation", "user.updated", readAt), eventFields);
  if (parsed.outcome === "malformed") throw new Error(`Clerk's answer cannot be parsed: ${parsed.reason}`);
  return parsed.change.kind === "snapshot" ? parsed.change : undefined;
}

const messagesAbout = (userId: string) => (messages: readonly unknown[]) =>
  messages.flatMap((raw) => {
    const { data: message } = messageSchema.safeParse(raw);
    if (message === undefined || message.data["id"] !== userId) return [];
    const { id, type, receivedAt } = message;
    return [{ id, type, receivedAt }];
  });
