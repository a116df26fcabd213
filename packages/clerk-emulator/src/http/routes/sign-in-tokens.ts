import { Hono } from "hono";
import type { Instance } from "../../instance/instance.ts";
import { createSignInToken, createSignInTokenParams } from "../../sign-in-tokens/create-sign-in-token.ts";
import { revokeSignInToken } from "../../sign-in-tokens/revoke-sign-in-token.ts";
import { readBody } from "../read-body.ts";
import { respond } from "../respond.ts";

/** `/sign_in_tokens` */
export function signInTokenRoutes(instance: Instance): Hono {
  return new Hono()
    .post("/", async (c) => respond(c, createSignInToken(instance, await readBody(c, createSignInTokenParams))))
    .post("/:id/revoke", (c) => respond(c, revokeSignInToken(instance, c.req.param("id"))));
}
