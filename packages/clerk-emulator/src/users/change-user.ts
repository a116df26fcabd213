import type { Instance } from "../instance/instance.ts";
import { presentUser, type StoredUser } from "../instance/user-directory.ts";
import type { ClerkUser, DeletedUser } from "../resources/user.ts";

type Changes = Partial<Omit<ClerkUser, "id" | "updated_at">>;
type HiddenChanges = Partial<Omit<StoredUser, "snapshot">>;

/**
 * The only way to change a user: stores the new snapshot with a new version and publishes `user.updated`, even if nothing
 * changed, as Clerk does.
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
 * The time of the next change of a user. The versions of a user strictly increase, even though two changes in the emulator
 * can take less than a millisecond.
 */
function nextVersion(instance: Instance, user: StoredUser): number {
  return Math.max(instance.now(), user.snapshot.updated_at + 1);
}

/** Deletes a user with all sessions and sends `user.deleted` with the same content as the response. */
export function deleteUser(instance: Instance, userId: string): DeletedUser {
  const user = instance.users.require(userId);
  const { external_id: externalId } = user.snapshot;
  instance.users.remove(userId);
  instance.sessions.removeAllOf(userId);
  const data: DeletedUser = {
    object: "user",
    id: userId,
    deleted: true,
    ...(externalId === null ? {} : { external_id: externalId }),
  };
  instance.publish({ type: "user.deleted", at: nextVersion(instance, user), data });
  return data;
}

/** Sets or removes a user's own image. The image itself is not stored; its URL is invented. */
export function setProfileImage(instance: Instance, userId: string, hasImage: boolean): ClerkUser {
  const user = instance.users.require(userId);
  const url = `https://img.clerk.com/${hasImage ? instance.makeId("img") : userId}`;
  const changed = changeUser(instance, user, { has_image: hasImage, image_url: url, profile_image_url: url });
  return presentUser(changed, instance.now());
}
