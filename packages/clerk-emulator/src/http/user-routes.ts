import { Hono, type Context } from "hono";
import type { Instance } from "../instance/instance.ts";
import {
  banUser,
  banUsers,
  banUsersParams,
  unbanUsers,
  lockUser,
  unbanUser,
  unlockUser,
} from "../users/user-status.ts";
import { countUsers, getUser, listUsers } from "../users/list-users.ts";
import { createUser, createUserParams } from "../users/create-user.ts";
import { deleteUser, setProfileImage } from "../users/change-user.ts";
import { replaceMetadata, replaceMetadataParams, updateMetadata, updateMetadataParams } from "../users/metadata.ts";
import { updateUser, updateUserParams } from "../users/update-user.ts";
import { readBody, respond } from "./respond.ts";
import {
  replaceEmailAddress,
  replaceEmailAddressParams,
  createEmailAddress,
  createEmailAddressParams,
  deleteEmailAddress,
  requireEmailAddress,
  updateEmailAddress,
  updateEmailAddressParams,
} from "../users/email-addresses.ts";
import { imageMissing, requestBodyInvalid } from "../errors/rejections.ts";
import { deleteExternalAccount } from "../users/external-accounts.ts";
import { disableMfa, verifyTotp, verifyTotpParams } from "../users/totp.ts";
import {
  markPassword,
  markPasswordParams,
  removePassword,
  removePasswordParams,
  verifyPassword,
  verifyPasswordParams,
} from "../users/passwords.ts";

/** `/users`: whole users. */
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

/** `/users/:id/…`: addresses, accounts, image, and lists that are always empty in the emulator. */
export function userBelongingRoutes(instance: Instance): Hono {
  const emptyList = (c: Context, userId: string): Response => {
    instance.users.require(userId);
    return respond(c, { data: [], total_count: 0 });
  };
  return new Hono()
    .put("/:id/email_address", async (c) =>
      respond(c, replaceEmailAddress(instance, c.req.param("id"), await readBody(c, replaceEmailAddressParams))),
    )
    .post("/:id/profile_image", async (c) => {
      const { file } = await c.req.parseBody().catch(() => {
        throw requestBodyInvalid();
      });
      if (!(file instanceof File)) throw imageMissing();
      return respond(c, setProfileImage(instance, c.req.param("id"), true));
    })
    .delete("/:id/profile_image", (c) => respond(c, setProfileImage(instance, c.req.param("id"), false)))
    .delete("/:id/external_accounts/:account", (c) =>
      respond(c, deleteExternalAccount(instance, c.req.param("id"), c.req.param("account"))),
    )
    .get("/:id/organization_memberships", (c) => emptyList(c, c.req.param("id")))
    .get("/:id/organization_invitations", (c) => emptyList(c, c.req.param("id")))
    .get("/:id/oauth_access_tokens/:provider", (c) => {
      if (c.req.query("paginated") === "true") return emptyList(c, c.req.param("id"));
      instance.users.require(c.req.param("id"));
      return respond(c, []);
    });
}

/** `/users/:id/…`: the credentials of a user. */
export function userCredentialRoutes(instance: Instance): Hono {
  return new Hono()
    .post("/:id/verify_password", async (c) =>
      respond(c, verifyPassword(instance, c.req.param("id"), await readBody(c, verifyPasswordParams))),
    )
    .post("/:id/remove_password", async (c) =>
      respond(c, removePassword(instance, c.req.param("id"), await readBody(c, removePasswordParams))),
    )
    .post("/:id/password/set_compromised", async (c) =>
      respond(c, markPassword(instance, c.req.param("id"), await readBody(c, markPasswordParams))),
    )
    .post("/:id/password/unset_compromised", (c) => respond(c, markPassword(instance, c.req.param("id"), {})))
    .post("/:id/verify_totp", async (c) =>
      respond(c, verifyTotp(instance, c.req.param("id"), await readBody(c, verifyTotpParams))),
    )
    .delete("/:id/mfa", (c) => respond(c, disableMfa(instance, c.req.param("id"), "all")))
    .delete("/:id/totp", (c) => respond(c, disableMfa(instance, c.req.param("id"), "totp")))
    .delete("/:id/backup_code", (c) => respond(c, disableMfa(instance, c.req.param("id"), "backup_codes")));
}

/** `/email_addresses` */
export function emailAddressRoutes(instance: Instance): Hono {
  return new Hono()
    .post("/", async (c) => respond(c, createEmailAddress(instance, await readBody(c, createEmailAddressParams))))
    .get("/:id", (c) => respond(c, requireEmailAddress(instance, c.req.param("id")).email))
    .patch("/:id", async (c) =>
      respond(c, updateEmailAddress(instance, c.req.param("id"), await readBody(c, updateEmailAddressParams))),
    )
    .delete("/:id", (c) => respond(c, deleteEmailAddress(instance, c.req.param("id"))));
}
