import type { User } from "@clerk-kafka-bridge/events";

/** How a change reached the bridge. Consumers see it as `ce_origin`, to which the decision adds `first-seen` and `fields-added`. */
export const changeSources = ["webhook", "api", "backfill", "reconciliation", "restore"] as const;
export type ChangeSource = (typeof changeSources)[number];

/** A user as Clerk reports it. All times are milliseconds since the epoch, by Clerk's clock unless stated otherwise. */
export interface Snapshot {
  readonly kind: "snapshot";
  readonly source: ChangeSource;
  /** Whether the message was `user.created`. It tells a new user from an existing one that the bridge sees for the first time. */
  readonly isCreateEvent: boolean;
  readonly user: User;
  readonly createdAt: number;
  /** Clerk's `updated_at`. */
  readonly version: number;
  /** When the bridge read the snapshot from Clerk's API, by the bridge's clock; 0 for a snapshot that Clerk sent. */
  readonly readAt: number;
  /** Whether the message was reduced to fewer fields than this process publishes. Clerk is then asked for the user. */
  readonly isPartial: boolean;
}

/** The deletion of a user. It carries no version, because a deletion is final. */
export interface Deletion {
  readonly kind: "deletion";
  readonly source: ChangeSource;
  readonly userId: string;
  readonly deletedAt: number;
}

export type Change = Snapshot | Deletion;

export const userIdOf = (change: Change): string => (change.kind === "snapshot" ? change.user.id : change.userId);
