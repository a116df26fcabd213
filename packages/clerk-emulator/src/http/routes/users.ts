import { Hono } from "hono";
import type { Instance } from "../../instance/instance.ts";
import { banUser } from "../../users/ban-user.ts";
import { banUsers, banUsersParams, unbanUsers } from "../../users/ban-users.ts";
import { countUsers } from "../../users/count-users.ts";
import { createUser, createUserParams } from "../../users/create-user.ts";
import { deleteUser } from "../../users/delete-user.ts";
import { getUser } from "../../users/get-user.ts";
import { listUsers } from "../../users/list-users.ts";
import { lockUser } from "../../users/lock-user.ts";
import { replaceMetadata, replaceMetadataParams } from "../../users/replace-metadata.ts";
import { unbanUser } from "../../users/unban-user.ts";
import { unlockUser } from "../../users/unlock-user.ts";
import { updateMetadata, updateMetadataParams } from "../../users/update-metadata.ts";
import { updateUser, updateUserParams } from "../../users/update-user.ts";
import { readBody } from "../read-body.ts";
import { respond } from "../respond.ts";

/** `/users`: a user as a whole. */
export function userRoutes(instance: Instance): Hono {
  return new Hono()
    .get("/", (c) => respond(c, listUsers(instance, c.req.queries())))
    .get("/count", (c) => respond(c, countUsers(instance, c.req.queries())))
    .post("/", async (c) => respond(c, createUser(instance, await readBody(c, createUserParams))))
    .post("/ban", async (c) => respond(c, banUsers(instance, await readBody(c, banUsersParams))))
    .post("/unban", async (c) => respond(c, unbanUsers(instance, await readBody(c, banUsersParams))))
    .get("/:id", (c) => respond(c, getUser(instance, c.req.param("id"))))
    .patch("/:id", async (c) =>
      respond(c, updateUser(instance, c.req.param("id"), await readBody(c, updateUserParams))),
    )
    .delete("/:id", (c) => respond(c, deleteUser(instance, c.req.param("id"))))
    .patch("/:id/metadata", async (c) =>
      respond(c, updateMetadata(instance, c.req.param("id"), await readBody(c, updateMetadataParams))),
    )
    .put("/:id/metadata", async (c) =>
      respond(c, replaceMetadata(instance, c.req.param("id"), await readBody(c, replaceMetadataParams))),
    )
    .post("/:id/ban", (c) => respond(c, banUser(instance, c.req.param("id"))))
    .post("/:id/unban", (c) => respond(c, unbanUser(instance, c.req.param("id"))))
    .post("/:id/lock", (c) => respond(c, lockUser(instance, c.req.param("id"))))
    .post("/:id/unlock", (c) => respond(c, unlockUser(instance, c.req.param("id"))));
}
