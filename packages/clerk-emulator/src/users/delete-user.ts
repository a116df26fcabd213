import type { Instance } from "../instance/instance.ts";
import type { DeletedUser } from "../resources/user.ts";
import { nextVersion } from "./change-user.ts";

/** Deletes a user with all sessions and sends `user.deleted`, which says no more than the answer does. */
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
