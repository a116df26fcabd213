import { verifyToken } from "@clerk/backend";
import { TokenVerificationError } from "@clerk/backend/errors";
import { decodeProtectedHeader } from "jose";
import { z } from "zod";
import { userIdSchema } from "../http/responses.ts";
import type { UserCaller } from "../http/caller.ts";
import type { FindKey } from "./clerk-keys.ts";
import type { FindRole } from "./roles.ts";
import { rejected, type VerifyToken } from "./verify-token.ts";

/** `cat` is Clerk's token category: a session token, or a token from before categories existed. */
const headerSchema = z.object({
  alg: z.literal("RS256"),
  kid: z.string().min(1).max(256),
  cat: z.enum(["cl_B7d4PD111AAA", "cl_I7d4PD111III"]).optional(),
  crit: z.never().optional(),
});

const claimsSchema = z.object({
  sub: userIdSchema,
  sid: z.string().min(1).max(255),
  exp: z.number(),
  iat: z.number(),
  sts: z.string().optional(),
  /** A malformed value counts as "never verified". */
  fva: z.tuple([z.number(), z.number()]).optional().catch(undefined),
  act: z.object({ sub: z.string().min(1) }).optional(),
  metadata: z.unknown().optional(),
});
type Claims = z.infer<typeof claimsSchema>;
const metadataSchema = z.object({ role: z.unknown().optional() });

export interface SessionTokenDeps {
  readonly findKey: FindKey;
  readonly findRole: FindRole;
  /** Unless empty, the claim `azp` must be one of these. */
  readonly authorizedParties: readonly string[];
}

/**
 * Verifies Clerk's session tokens (RS256 only). A session with unfinished tasks (`sts: pending`) is rejected. The role is
 * the claim `metadata.role`, which a session token template copies from the public metadata.
 */
export function createSessionTokenVerifier({ findKey, findRole, authorizedParties }: SessionTokenDeps): VerifyToken {
  return async (token) => {
    const header = headerSchema.safeParse(decodeProtectedHeader(token));
    if (!header.success) return rejected("not_a_session_token");
    const key = await findKey(header.data.kid);
    if (key.outcome === "unavailable") return key;
    if (key.outcome === "unknown") return rejected("unknown_key");
    let payload: unknown;
    try {
      payload = await verifyToken(token, { jwtKey: key.pem, authorizedParties: [...authorizedParties] });
    } catch (error) {
      if (error instanceof TokenVerificationError) return rejected(error.reason);
      throw error;
    }
    const claims = claimsSchema.safeParse(payload);
    if (!claims.success) return rejected("not_a_session_token");
    if (claims.data.sts !== undefined && claims.data.sts !== "active") return rejected("session_pending");
    return { outcome: "verified", caller: callerOf(claims.data, findRole), expiresAt: claims.data.exp * 1_000 };
  };
}

const callerOf = ({ sub, sid, iat, fva, act, metadata }: Claims, findRole: FindRole): UserCaller => ({
  kind: "user",
  id: sub,
  ...findRole(metadataSchema.safeParse(metadata).data?.role),
  sessionId: sid,
  impersonatorId: act?.sub,
  factorAgeMinutes: fva,
  issuedAt: iat * 1_000,
});
