import { Hono } from "hono";
import {
  connectExternalAccount,
  connectExternalAccountParams,
} from "../../external-accounts/connect-external-account.ts";
import type { Instance } from "../../instance/instance.ts";
import { closeSession } from "../../sessions/close-session.ts";
import { createSession } from "../../sessions/create-session.ts";
import { readBody } from "../read-body.ts";
import { respond } from "../respond.ts";

/** What users do by themselves, for other processes to make happen. */
export function dashboardRoutes(instance: Instance): Hono {
  return new Hono()
    .post("/users/:id/sign_in", (c) => respond(c, createSession(instance, { user_id: c.req.param("id") })))
    .post("/users/:id/external_accounts", async (c) =>
      respond(c, connectExternalAccount(instance, c.req.param("id"), await readBody(c, connectExternalAccountParams))),
    )
    .post("/sessions/:id/end", (c) => respond(c, closeSession(instance, c.req.param("id"), "ended")))
    .post("/sessions/:id/remove", (c) => respond(c, closeSession(instance, c.req.param("id"), "removed")));
}
