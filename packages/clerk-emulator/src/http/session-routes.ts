import { Hono } from "hono";
import { jwtTemplateNotFound } from "../errors/rejections.ts";
import type { Instance } from "../instance/instance.ts";
import { closeSession, getSession, listSessions } from "../sessions/sessions.ts";
import {
  createSession,
  createSessionParams,
  createSessionToken,
  createSessionTokenParams,
  type SessionClaims,
} from "../sign-ins/create-session.ts";
import type { SessionTokenSigner } from "../sessions/session-token-signer.ts";
import { readBody, respond } from "./respond.ts";
import { z } from "zod";
import { createSignInToken, createSignInTokenParams, revokeSignInToken } from "../sign-ins/sign-in-tokens.ts";

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

const signParams = z.strictObject({
  userId: z.string(),
  sessionId: z.string().exactOptional(),
  claims: z.record(z.string(), z.unknown()).exactOptional(),
  expiresInSeconds: z.int().exactOptional(),
  authorizedParty: z.string().exactOptional(),
});

/** `/emulator/session_tokens`: a token for any user id, including unknown ones. */
export function sessionTokenRoutes(signer: SessionTokenSigner): Hono {
  return new Hono().post("/", async (c) => respond(c, { jwt: await signer.sign(await readBody(c, signParams)) }));
}

/** `/sign_in_tokens` */
export function signInTokenRoutes(instance: Instance): Hono {
  return new Hono()
    .post("/", async (c) => respond(c, createSignInToken(instance, await readBody(c, createSignInTokenParams))))
    .post("/:id/revoke", (c) => respond(c, revokeSignInToken(instance, c.req.param("id"))));
}
