import { z } from "zod";
import { ClerkApiError } from "../errors/clerk-api-error.ts";
import { paramMissing } from "../errors/form-errors.ts";
import { bulkSizeExceeded } from "../errors/refusals.ts";
import type { Instance } from "../instance/instance.ts";
import type { ClerkUser } from "../resources/user.ts";
import { banUser } from "./ban-user.ts";
import { unbanUser } from "./unban-user.ts";

const MAX_USERS = 50;

export const banUsersParams = z.strictObject({ user_ids: z.array(z.string()) });

type Params = z.output<typeof banUsersParams>;

/** Bans 1 to 50 users: all of them, or none when one is unknown. */
export function banUsers(instance: Instance, params: Params): ClerkUser[] {
  return requireAll(instance, params).map((userId) => banUser(instance, userId));
}

/** Unbans 1 to 50 users: all of them, or none when one is unknown. */
export function unbanUsers(instance: Instance, params: Params): ClerkUser[] {
  return requireAll(instance, params).map((userId) => unbanUser(instance, userId));
}

function requireAll(instance: Instance, { user_ids: userIds }: Params): readonly string[] {
  if (userIds.length === 0) throw new ClerkApiError(422, [paramMissing("user_ids")]);
  if (userIds.length > MAX_USERS) throw bulkSizeExceeded(MAX_USERS);
  for (const userId of userIds) instance.users.require(userId);
  return userIds;
}
