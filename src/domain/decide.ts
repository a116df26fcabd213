import type { UserEvent, UserEventType } from "@clerk-kafka-bridge/events";
import type { Change, ChangeSource, Deletion, Snapshot } from "./change.ts";
import { type PresentState, type State, compareSnapshots, overrulesFuture } from "./state.ts";
import { changesBetween, contentOf } from "./user.ts";
import { parse, v5 as uuidv5 } from "uuid";

/**
 * `ce_origin` of an event: the source of its change; `first-seen` for an existing user that the bridge did not know; `fields-added` for a
 * user who has not changed, and has fields that `EVENT_FIELDS` had not named before.
 */
export type Origin = ChangeSource | "first-seen" | "fields-added";

/**
 * The outcome of a change, given the state of its user:
 *
 * | outcome    | when                                                                    | what to do                  |
 * | ---------- | ----------------------------------------------------------------------- | --------------------------- |
 * | publish    | the user is unknown, the content is newer, it is the first deletion of  | write `event` and `next`    |
 * |            | a user, or an operator restores a wrongly deleted user               |                             |
 * | unchanged  | newer version, same content (Clerk sends one at every sign-in), or      | write `next`, no event      |
 * |            | without optional fields that the state has                              |                             |
 * | duplicate  | the very snapshot that the state holds, or another deletion             | nothing                     |
 * | stale      | older than the state, or a snapshot of a deleted user                   | nothing                     |
 * | unverified | the user is unknown and the version old: it may be a stale user, that   | read the user from Clerk,   |
 * |            | is, one deleted long ago whose message arrives late; or the message     | then decide on the answer   |
 * |            | lacks optional fields                                                   |                             |
 */
export type Decision =
  | { readonly outcome: "publish"; readonly event: UserEvent; readonly origin: Origin; readonly next: State }
  | { readonly outcome: "unchanged"; readonly next: State }
  | { readonly outcome: "duplicate" | "stale" | "unverified" };

export interface DecisionPolicy {
  /** An unknown user's snapshot with a lower version (ms) is `unverified`, unless the bridge read it from Clerk's API. */
  readonly verifyBefore: number;
  /** The time of the decision, in ms by our clock. */
  readonly now: number;
}

/** Decides one change. Pure: the same arguments give the same decision, including the event id. */
export function decide(state: State | undefined, change: Change, policy: DecisionPolicy): Decision {
  if (change.kind === "deletion") return decideDeletion(state, change);
  if (needsVerification(state, change, policy)) return { outcome: "unverified" };
  if (state === undefined) return create(change, state);
  if (state.status === "deleted") return change.source === "restore" ? create(change, state) : { outcome: "stale" };
  return decideUpdate(state, change, policy);
}

/** Whether {@link decide} would return `unverified`. The worker asks Clerk about such users before it decides. */
export function needsVerification(state: State | undefined, change: Change, policy: DecisionPolicy): boolean {
  if (change.kind === "deletion") return false;
  if (change.isPartial && !isStale(state, change, policy)) return true;
  return state === undefined && change.readAt === 0 && change.version < policy.verifyBefore;
}

/** Whether a snapshot changes nothing, whatever its content. */
function isStale(state: State | undefined, change: Snapshot, { now }: DecisionPolicy): boolean {
  if (state === undefined) return false;
  if (state.status === "deleted") return change.source !== "restore";
  return change.version < state.version && !overrulesFuture(change, state, now);
}

function create(change: Snapshot, state: State | undefined): Decision {
  return {
    outcome: "publish",
    origin: originOfCreated(change),
    event: {
      eventId: eventIdOf(change.user.id, "user.created", change.version, change.readAt, contentOf(change.user)),
      eventType: "user.created",
      timestamp: new Date(change.createdAt).toISOString(),
      data: change.user,
    },
    next: {
      ...stateAfter(change, (state?.sequence ?? 0) + 1),
      ...(state !== undefined && { restoredAt: change.readAt }),
    },
  };
}

/** A webhook or an API call that updates an unknown user concerns an existing user, not a new one. */
function originOfCreated({ source, isCreateEvent }: Snapshot): Origin {
  const isSingleChange = source === "webhook" || source === "api";
  return isSingleChange && !isCreateEvent ? "first-seen" : source;
}

function decideUpdate(state: PresentState, change: Snapshot, { now }: DecisionPolicy): Decision {
  const order = overrulesFuture(change, state, now) ? 1 : compareSnapshots(change, state);
  if (order < 0) return { outcome: "stale" };
  if (order === 0) return { outcome: "duplicate" };
  const changes = changesBetween(state.user, change.user);
  const changed = Object.keys(changes);
  const restored = state.restoredAt === undefined ? {} : { restoredAt: state.restoredAt };
  if (changed.length === 0) {
    return { outcome: "unchanged", next: { ...stateAfter(change, state.sequence), ...restored } };
  }
  return {
    outcome: "publish",
    origin: changed.some((field) => field in state.user) ? change.source : "fields-added",
    event: {
      eventId: eventIdOf(change.user.id, "user.updated", change.version, change.readAt, contentOf(change.user)),
      eventType: "user.updated",
      timestamp: new Date(change.version).toISOString(),
      data: { id: change.user.id, changes },
    },
    next: { ...stateAfter(change, state.sequence + 1), ...restored },
  };
}

function decideDeletion(state: State | undefined, change: Deletion): Decision {
  if (state?.status === "deleted") return { outcome: "duplicate" };
  const restored = state?.restoredAt === undefined ? [] : [state.restoredAt];
  return {
    outcome: "publish",
    origin: change.source,
    event: {
      eventId: eventIdOf(change.userId, "user.deleted", ...restored),
      eventType: "user.deleted",
      timestamp: new Date(change.deletedAt).toISOString(),
      data: { id: change.userId, emailAddress: state?.user.emailAddress ?? [] },
    },
    next: { status: "deleted", sequence: (state?.sequence ?? 0) + 1 },
  };
}

/** The state of a user after a snapshot. `sequence`: the number of the user's last event. */
export const stateAfter = (change: Snapshot, sequence: number): PresentState => ({
  status: "present",
  user: change.user,
  createdAt: change.createdAt,
  version: change.version,
  readAt: change.readAt,
  sequence,
});

/** Namespace of the event ids. A new namespace would give every change a new id. */
const namespace = parse("b6a3c7a0-5d0e-5f4e-9a55-0d3b8f1f7c11");

/** The id of an event. It depends on the change alone, so it is the same from every source and after every crash. */
const eventIdOf = (userId: string, eventType: UserEventType, ...change: (string | number)[]): string =>
  // Of a text, the library makes the same bytes one character at a time.
  uuidv5(Buffer.from(JSON.stringify([userId, eventType, ...change])), namespace);
