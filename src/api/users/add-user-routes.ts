import type { ApiApp } from "../http/api-env.ts";
import { addBatch } from "./add-batch.ts";
import { addChangeRole } from "./change-role.ts";
import { addCreateUser } from "./create-user.ts";
import { addDeleteUser } from "./delete-user.ts";
import { addGetUser } from "./get-user.ts";
import { addListUsers } from "./list-users.ts";
import { addUpdateUser } from "./update-user.ts";
import type { ApiContext } from "./api-context.ts";

/** The routes of users: listing, reading, creating, updating and deleting them. */
export function addUserRoutes(api: ApiApp, context: ApiContext): void {
  addListUsers(api, context);
  addGetUser(api, context);
  addCreateUser(api, context);
  addUpdateUser(api, context);
  addDeleteUser(api, context);
  addChangeRole(api, context);
  addBatch(api, context);
}
