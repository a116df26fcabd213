import type { SessionWithUser } from "./session.ts";
import type { ClerkUser, DeletedUser } from "./user.ts";

/** The response of the Backend API after the deletion of anything but a user. */
export interface DeletedObject {
  readonly object: string;
  readonly id: string;
  readonly deleted: true;
}

/** Something that happened in the instance and that a webhook reports. `at` is in Unix milliseconds. */
export type ClerkEvent =
  | { readonly type: "user.created" | "user.updated"; readonly at: number; readonly data: ClerkUser }
  | { readonly type: "user.deleted"; readonly at: number; readonly data: DeletedUser }
  | {
      readonly type: "session.created" | "session.ended" | "session.removed" | "session.revoked";
      readonly at: number;
      readonly data: SessionWithUser;
    };
