import { Hono } from "hono";
import { createEmailAddress, createEmailAddressParams } from "../../email-addresses/create-email-address.ts";
import { deleteEmailAddress } from "../../email-addresses/delete-email-address.ts";
import { requireEmailAddress } from "../../email-addresses/require-email-address.ts";
import { updateEmailAddress, updateEmailAddressParams } from "../../email-addresses/update-email-address.ts";
import type { Instance } from "../../instance/instance.ts";
import { readBody } from "../read-body.ts";
import { respond } from "../respond.ts";

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
