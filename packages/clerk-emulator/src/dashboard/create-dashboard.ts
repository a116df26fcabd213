import type { z } from "zod";
import { replaceEmailAddress, replaceEmailAddressParams } from "../users/email-addresses.ts";
import { connectExternalAccount, connectExternalAccountParams } from "../users/external-accounts.ts";
import type { Instance } from "../instance/instance.ts";
import { parseParams } from "../instance/parse-params.ts";
import { presentUser } from "../instance/user-directory.ts";
import { closeSession } from "../sessions/sessions.ts";
import { createSession } from "../sign-ins/create-session.ts";
import { banUser } from "../users/user-status.ts";
import { createUser, createUserParams } from "../users/create-user.ts";
import { deleteUser } from "../users/change-user.ts";
import { getUser } from "../users/list-users.ts";
import { lockUser } from "../users/user-status.ts";
import { unbanUser } from "../users/user-status.ts";
import { unlockUser } from "../users/user-status.ts";
import { updateMetadata, updateMetadataParams } from "../users/metadata.ts";
import { updateUser, updateUserParams } from "../users/update-user.ts";

type Params<Schema extends z.ZodType> = z.input<Schema>;

export type Dashboard = ReturnType<typeof createDashboard>;

/**
 * What happens in Clerk without the Backend API: administrators use the dashboard, users sign in and out. Runs the same
 * operations with the same parameters (in snake case) and webhooks, without a secret key or a rate limit. Throws a
 * `ClerkApiError` where the Backend API would reject the request.
 */
export function createDashboard(instance: Instance) {
  return {
    /** All users as Clerk returns them now. */
    users: () => [...instance.users.all()].map((user) => presentUser(user, instance.now())),
    getUser: (userId: string) => getUser(instance, userId),
    createUser: (params: Params<typeof createUserParams>) =>
      createUser(instance, parseParams(createUserParams, params)),
    updateUser: (userId: string, params: Params<typeof updateUserParams>) =>
      updateUser(instance, userId, parseParams(updateUserParams, params)),
    updateMetadata: (userId: string, params: Params<typeof updateMetadataParams>) =>
      updateMetadata(instance, userId, parseParams(updateMetadataParams, params)),
    replaceEmailAddress: (userId: string, params: Params<typeof replaceEmailAddressParams>) =>
      replaceEmailAddress(instance, userId, parseParams(replaceEmailAddressParams, params)),
    connectExternalAccount: (userId: string, params: Params<typeof connectExternalAccountParams>) =>
      connectExternalAccount(instance, userId, parseParams(connectExternalAccountParams, params)),
    deleteUser: (userId: string) => deleteUser(instance, userId),
    banUser: (userId: string) => banUser(instance, userId),
    unbanUser: (userId: string) => unbanUser(instance, userId),
    lockUser: (userId: string) => lockUser(instance, userId),
    unlockUser: (userId: string) => unlockUser(instance, userId),
    /** Sends `session.created` and a `user.updated` in which only the activity times and the version change. */
    signIn: (userId: string) => createSession(instance, { user_id: userId }),
    /** The user signs out of one session: `session.ended`. */
    endSession: (sessionId: string) => closeSession(instance, sessionId, "ended"),
    /** The user signs out of the browser: `session.removed`. */
    removeSession: (sessionId: string) => closeSession(instance, sessionId, "removed"),
    /** An administrator signs the user out: `session.revoked`. */
    revokeSession: (sessionId: string) => closeSession(instance, sessionId, "revoked"),
  };
}
