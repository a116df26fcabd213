import type { Context } from "hono";
import { userFromJson, type UserJson } from "../../clerk/payloads/user-json.ts";
import { collectUsers } from "../../clerk/users/collect-users.ts";
import { listUsers } from "../../clerk/users/list-users.ts";
import { ApiError } from "../../http/api-error.ts";
import type { ApiEnv } from "../http/api-env.ts";
import { callerOf } from "../auth/requires.ts";
import type { ApiContext } from "./api-context.ts";
import { openWhole } from "./list-indexed.ts";

class LastRoleChangerError extends ApiError {
  override readonly name = "LastRoleChangerError";
  constructor() {
    super(409, "last_role_changer", "No other user may change roles; give another user such a role first");
  }
}

const pageSize = 500;
/** More than enough: each of them would have to lose the role within seconds. Clerk takes at most 100 ids in one request. */
const maxCandidates = 100;

/**
 * Call before users give up their own permission to change roles, by another role or by deleting their account. Throws 409 when no other user
 * has the permission, because then only Clerk's dashboard could give it back.
 *
 * The published states name the users with such a role, and Clerk confirms one of them, in one request with any number of users. A role that
 * was given in the dashboard counts when its event is committed. While the states are incomplete, Clerk's users are read instead.
 */
export async function assertRoleChangerRemains(c: Context<ApiEnv>, context: ApiContext, userId: string): Promise<void> {
  const caller = callerOf(c);
  if (caller.kind !== "user" || caller.id !== userId || !caller.permissions.has("users:roles")) return;
  const changesRoles = (user: UserJson) =>
    user.id !== userId && context.findRole(userFromJson(user).role).permissions.has("users:roles");
  const candidates = await findCandidates(context, userId);
  const found =
    candidates === undefined
      ? await existsInClerk(context, changesRoles)
      : candidates.length > 0 && (await readCandidates(context, candidates)).some(changesRoles);
  if (!found) throw new LastRoleChangerError();
}

/** Other users whose published role changes roles; undefined while the states are incomplete or Redis is unavailable. */
async function findCandidates(context: ApiContext, userId: string): Promise<readonly string[] | undefined> {
  const newest = { offset: 0, limit: maxCandidates + 1, descending: true };
  try {
    const opened = await Promise.all(context.roleChangers.map((role) => openWhole(context, role, "createdAt")));
    const lists = opened.filter((users) => users !== undefined);
    if (lists.length < opened.length) return undefined;
    const states = (await Promise.all(lists.map((users) => users.page(newest)))).flat();
    const ids = states.map(({ user }) => user.id).filter((id) => id !== userId);
    return ids.slice(0, maxCandidates);
  } catch (error) {
    context.log.warn({ event: "user_index.unavailable", err: error }, "The users with the role are read from Clerk");
    return undefined;
  }
}

async function readCandidates({ clerk }: ApiContext, userIds: readonly string[]): Promise<readonly UserJson[]> {
  const { users } = await listUsers(clerk, { userId: userIds, limit: userIds.length });
  return users;
}

/** Reads users from the newest on until one matches, at most USERS_BY_ROLE_MAX_CLERK_CALLS pages; among more users than that, finds none. */
async function existsInClerk({ clerk, config }: ApiContext, matches: (user: UserJson) => boolean): Promise<boolean> {
  let found = false;
  const isEnough = (users: readonly UserJson[]) => (found ||= users.some(matches));
  await collectUsers(clerk, {}, { pageSize, maxPages: config.byRoleMaxClerkCalls, isEnough });
  return found;
}
