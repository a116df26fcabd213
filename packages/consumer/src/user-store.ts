import type { User } from "@clerk-kafka-bridge/events";

/** A user as a consumer keeps it: the published fields, fields of later versions, and when Clerk created the user. */
export type ProjectedUser = User & { readonly createdAt: string };

/** One row of the projection. */
export interface StoredUser {
  readonly userId: string;
  /** The `ce_sequence` of the latest change that the row contains. */
  readonly sequence: number;
  /** The event of that change. Undefined when the row comes from the state topic, whose records name no event. */
  readonly eventId: string | undefined;
  /** Undefined for a deleted user. The row stays, so that late events of the user change nothing. */
  readonly user: ProjectedUser | undefined;
}

/** What a transaction of a store can do. All of it takes effect together, or none of it. */
export interface UserTransaction {
  /** Reads rows and locks them until the transaction ends. Ids without a row are missing in the answer. */
  read(userIds: readonly string[]): Promise<Map<string, StoredUser>>;
  /**
   * Writes rows that this transaction has read. Rejects with a {@link ConcurrentWriteError} when another transaction has written
   * one of them since: a row that did not exist yet cannot be locked.
   */
  write(rows: readonly StoredUser[]): Promise<void>;
  /** Marks rows as present in the state topic during a resync, see {@link UserStore.beginResync}. */
  confirm(userIds: readonly string[]): Promise<void>;
  /** Remembers that an effect has happened for an event. False when it was remembered before. */
  rememberEffect(name: string, eventId: string): Promise<boolean>;
}

/** Where a projection lives. Several processes may share one store. */
export interface UserStore<Transaction extends UserTransaction = UserTransaction> {
  /** Commits when `work` resolves. Rolls back when it rejects, and rejects with the same error. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** True once a resync has completed. */
  isComplete(): Promise<boolean>;
  /** Begins a resync. Rows that are neither written nor confirmed from now on belong to users whose deletion was missed. */
  beginResync(): Promise<number>;
  /** Turns these rows into deleted users, and returns their number. */
  endResync(run: number): Promise<number>;
}

/** Another transaction was faster. Repeating the transaction is safe and enough. */
export class ConcurrentWriteError extends Error {
  override readonly name = "ConcurrentWriteError";
}
