import type { ApiApp } from "../http/api-env.ts";
import { addBatch } from "./add-batch.ts";
import { addChangeRole } from "./change-role.ts";
import { addCreateUser } from "./create-user.ts";
import { addDeleteUser } from "./delete-user.ts";
import { addGetUser } from "./get-user.ts";
import { addListUsers } from "./list-users.ts";
import { addUpdateUser } from "./update-user.ts";
import type { UserDeps } from "./user-deps.ts";

/** Users as such: what the events are about. */
export function addUserRoutes(api: ApiApp, deps: UserDeps): void {
  addListUsers(api, deps);
  addGetUser(api, deps);
  addCreateUser(api, deps);
  addUpdateUser(api, deps);
  addDeleteUser(api, deps);
  addChangeRole(api, deps);
  addBatch(api, deps);
}
