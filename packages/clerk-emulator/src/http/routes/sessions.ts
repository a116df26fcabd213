import { Hono } from "hono";
import { jwtTemplateNotFound } from "../../errors/refusals.ts";
import type { Instance } from "../../instance/instance.ts";
import { closeSession } from "../../sessions/close-session.ts";
import { createSession, createSessionParams } from "../../sessions/create-session.ts";
import {
  createSessionToken,
  createSessionTokenParams,
  type SessionClaims,
} from "../../sessions/create-session-token.ts";
import { getSession } from "../../sessions/get-session.ts";
import { listSessions } from "../../sessions/list-sessions.ts";
import type { SessionTokenSigner } from "../../tokens/session-token-signer.ts";
import { readBody } from "../read-body.ts";
import { respond } from "../respond.ts";

/** `/sessions` */
export function sessionRoutes(instance: Instance, signer: SessionTokenSigner, sessionClaims: SessionClaims): Hono {
  return new Hono()
    .get("/", (c) => {
      const list = listSessions(instance, c.req.queries());
      return respond(c, c.req.query("paginated") === "true" ? list : list.data);
    })
    .post("/", async (c) => respond(c, createSession(instance, await readBody(c, createSessionParams))))
    .get("/:id", (c) => respond(c, getSession(instance, c.req.param("id"))))
    .post("/:id/revoke", (c) => respond(c, closeSession(instance, c.req.param("id"), "revoked")))
    .post("/:id/tokens", async (c) => {
      const params = await readBody(c, createSessionTokenParams);
      return respond(c, await createSessionToken(instance, signer, sessionClaims, c.req.param("id"), params));
    })
    .post("/:id/tokens/:template", (c) => {
      instance.sessions.require(c.req.param("id"));
      throw jwtTemplateNotFound(c.req.param("template"));
    });
}
