import type { Instance } from "../instance/instance.ts";
import { presentUser, type StoredUser } from "../instance/stored-user.ts";
import type { ClerkUser } from "../resources/user.ts";

type Changes = Partial<Omit<ClerkUser, "id" | "updated_at">>;
type HiddenChanges = Partial<Omit<StoredUser, "snapshot">>;

/**
 * The one way to change a user: stores the new snapshot, moves its version and tells the world (`user.updated`), also
 * when the changes turn out to change nothing, as Clerk does.
 */
export function changeUser(
  instance: Instance,
  user: StoredUser,
  changes: Changes,
  hiddenChanges: HiddenChanges = {},
): StoredUser {
  const at = nextVersion(instance, user);
  const changed = { ...user, ...hiddenChanges, snapshot: { ...user.snapshot, ...changes, updated_at: at } };
  instance.users.put(changed);
  instance.publish({ type: "user.updated", at, data: presentUser(changed, at) });
  return changed;
}

/**
 * The time of the next change of a user. Versions of one user never repeat and never go back: Clerk needs more than a
 * millisecond for a change, this emulator does not.
 */
export function nextVersion(instance: Instance, user: StoredUser): number {
  return Math.max(instance.now(), user.snapshot.updated_at + 1);
}
