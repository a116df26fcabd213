import type { User } from "./user.ts";

/** By what road a change came; consumers see it as `ce_origin` (with `first-seen` added by the decision). */
export const changeSources = ["webhook", "api", "backfill", "reconciliation"] as const;
export type ChangeSource = (typeof changeSources)[number];

/** What Clerk says a user is. All times are milliseconds since the epoch, by Clerk's clock unless said otherwise. */
export interface Snapshot {
  readonly kind: "snapshot";
  readonly source: ChangeSource;
  /** Whether the message said `user.created`: what tells a new user from one seen for the first time. */
  readonly isCreateEvent: boolean;
  readonly user: User;
  readonly createdAt: number;
  /** Clerk's `updated_at`. */
  readonly version: number;
  /** When the snapshot was read from Clerk on purpose, by our clock; 0 for what Clerk sent by itself. */
  readonly readAt: number;
}

/** Clerk says the user is gone. It carries no version: a deletion is final. */
export interface Deletion {
  readonly kind: "deletion";
  readonly source: ChangeSource;
  readonly userId: string;
  readonly deletedAt: number;
}

export type Change = Snapshot | Deletion;

export const userIdOf = (change: Change): string => (change.kind === "snapshot" ? change.user.id : change.userId);
