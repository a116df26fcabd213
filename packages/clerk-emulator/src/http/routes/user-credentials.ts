import { Hono } from "hono";
import type { Instance } from "../../instance/instance.ts";
import { disableMfa } from "../../users/disable-mfa.ts";
import { markPassword, markPasswordParams } from "../../users/mark-password.ts";
import { removePassword, removePasswordParams } from "../../users/remove-password.ts";
import { verifyPassword, verifyPasswordParams } from "../../users/verify-password.ts";
import { verifyTotp, verifyTotpParams } from "../../users/verify-totp.ts";
import { readBody } from "../read-body.ts";
import { respond } from "../respond.ts";

/** `/users/:id/…`: what a user signs in with. */
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
