import type { Change, ChangeSource, Deletion, Snapshot } from "./change.ts";
import { eventIdOf } from "./user-events.ts";
import { compareSnapshots, type PresentState, type State } from "./state.ts";
import { changesBetween, contentOf } from "./user.ts";
import type { UserEvent } from "./user-events.ts";

/** `ce_origin` of an event: the road of its change, or that an existing user was seen for the first time. */
export type Origin = ChangeSource | "first-seen";

/**
 * What a change means, given the state of its user:
 *
 * | outcome   | when                                                              | to do                          |
 * | --------- | ----------------------------------------------------------------- | ------------------------------ |
 * | publish   | first sight, newer content, or the first deletion                 | write `event` and `next`       |
 * | unchanged | newer version, same content (Clerk sends one at every sign-in)    | write `next`, no event         |
 * | duplicate | exactly the snapshot the state holds, or a deletion of the deleted | nothing                        |
 * | stale     | older than the state, or a snapshot of a deleted user             | nothing                        |
 * | unsure    | first sight of an old version: maybe a ghost of a deleted user    | read the user from Clerk, and  |
 * |           |                                                                   | decide again on what it says   |
 */
export type Decision =
  | { readonly outcome: "publish"; readonly event: UserEvent; readonly origin: Origin; readonly next: State }
  | { readonly outcome: "unchanged"; readonly next: State }
  | { readonly outcome: "duplicate" | "stale" | "unsure" };

export interface DecisionPolicy {
  /** A first sight whose version is below this (ms) is `unsure`, unless it was read from Clerk on purpose. */
  readonly verifyBefore: number;
}

/** Decides one change. Pure: the same arguments give the same decision, event id included. */
export function decide(state: State | undefined, change: Change, policy: DecisionPolicy): Decision {
  if (change.kind === "deletion") return decideDeletion(state, change);
  if (state === undefined) return decideFirstSight(change, policy);
  if (state.status === "deleted") return { outcome: "stale" };
  return decideUpdate(state, change);
}

/** Whether the decision would be `unsure`: so that who decides can ask Clerk beforehand. */
export const needsVerification = (state: State | undefined, change: Change, policy: DecisionPolicy): boolean =>
  state === undefined && change.kind === "snapshot" && change.readAt === 0 && change.version < policy.verifyBefore;

function decideFirstSight(change: Snapshot, policy: DecisionPolicy): Decision {
  if (needsVerification(undefined, change, policy)) return { outcome: "unsure" };
  return {
    outcome: "publish",
    origin: originOfFirstSight(change),
    event: {
      eventId: eventIdOf(change.user.id, "user.created", change.version, change.readAt, contentOf(change.user)),
      eventType: "user.created",
      timestamp: new Date(change.createdAt).toISOString(),
      data: change.user,
    },
    next: stateAfter(change, 1),
  };
}

/** A webhook or API call that updates a user nobody published yet met an existing user, not a new one. */
function originOfFirstSight({ source, isCreateEvent }: Snapshot): Origin {
  const byMessage = source === "webhook" || source === "api";
  return byMessage && !isCreateEvent ? "first-seen" : source;
}

function decideUpdate(state: PresentState, change: Snapshot): Decision {
  const order = compareSnapshots(change, state);
  if (order < 0) return { outcome: "stale" };
  if (order === 0) return { outcome: "duplicate" };
  const content = contentOf(change.user);
  if (content === contentOf(state.user)) return { outcome: "unchanged", next: stateAfter(change, state.sequence) };
  return {
    outcome: "publish",
    origin: change.source,
    event: {
      eventId: eventIdOf(change.user.id, "user.updated", change.version, change.readAt, content),
      eventType: "user.updated",
      timestamp: new Date(change.version).toISOString(),
      data: { id: change.user.id, changes: changesBetween(state.user, change.user) },
    },
    next: stateAfter(change, state.sequence + 1),
  };
}

function decideDeletion(state: State | undefined, change: Deletion): Decision {
  if (state?.status === "deleted") return { outcome: "duplicate" };
  return {
    outcome: "publish",
    origin: change.source,
    event: {
      eventId: eventIdOf(change.userId, "user.deleted"),
      eventType: "user.deleted",
      timestamp: new Date(change.deletedAt).toISOString(),
      data: { id: change.userId, emailAddress: state?.user.emailAddress ?? [] },
    },
    next: { status: "deleted", sequence: (state?.sequence ?? 0) + 1 },
  };
}

const stateAfter = (change: Snapshot, sequence: number): PresentState => ({
  status: "present",
  user: change.user,
  createdAt: change.createdAt,
  version: change.version,
  readAt: change.readAt,
  sequence,
});
