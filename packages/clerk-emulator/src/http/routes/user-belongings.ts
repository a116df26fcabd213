import { type Context, Hono } from "hono";
import { replaceEmailAddress, replaceEmailAddressParams } from "../../email-addresses/replace-email-address.ts";
import { imageMissing } from "../../errors/refusals.ts";
import { deleteExternalAccount } from "../../external-accounts/delete-external-account.ts";
import type { Instance } from "../../instance/instance.ts";
import { setProfileImage } from "../../users/set-profile-image.ts";
import { readBody } from "../read-body.ts";
import { respond } from "../respond.ts";

/** `/users/:id/…`: addresses, accounts, image, and the lists that are always empty here. */
export function userBelongingRoutes(instance: Instance): Hono {
  const nothing = (c: Context, userId: string): Response => {
    instance.users.require(userId);
    return respond(c, { data: [], total_count: 0 });
  };
  return new Hono()
    .put("/:id/email_address", async (c) =>
      respond(c, replaceEmailAddress(instance, c.req.param("id"), await readBody(c, replaceEmailAddressParams))),
    )
    .post("/:id/profile_image", async (c) => {
      const { file } = await c.req.parseBody();
      if (!(file instanceof File)) throw imageMissing();
      return respond(c, setProfileImage(instance, c.req.param("id"), true));
    })
    .delete("/:id/profile_image", (c) => respond(c, setProfileImage(instance, c.req.param("id"), false)))
    .delete("/:id/external_accounts/:account", (c) =>
      respond(c, deleteExternalAccount(instance, c.req.param("id"), c.req.param("account"))),
    )
    .get("/:id/organization_memberships", (c) => nothing(c, c.req.param("id")))
    .get("/:id/organization_invitations", (c) => nothing(c, c.req.param("id")))
    .get("/:id/oauth_access_tokens/:provider", (c) => {
      if (c.req.query("paginated") === "true") return nothing(c, c.req.param("id"));
      instance.users.require(c.req.param("id"));
      return respond(c, []);
    });
}
