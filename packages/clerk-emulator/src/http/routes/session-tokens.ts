import { Hono } from "hono";
import { z } from "zod";
import type { SessionTokenSigner } from "../../tokens/session-token-signer.ts";
import { readBody } from "../read-body.ts";
import { respond } from "../respond.ts";

const signParams = z.strictObject({
  userId: z.string(),
  sessionId: z.string().exactOptional(),
  claims: z.record(z.string(), z.unknown()).exactOptional(),
  expiresInSeconds: z.int().exactOptional(),
  authorizedParty: z.string().exactOptional(),
});

/** `/emulator/session_tokens`: a token for anybody, whether there is such a user or not. */
export function sessionTokenRoutes(signer: SessionTokenSigner): Hono {
  return new Hono().post("/", async (c) => respond(c, { jwt: await signer.sign(await readBody(c, signParams)) }));
}
