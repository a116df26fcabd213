import { errors, jwtVerify } from "jose";
import { z } from "zod";
import type { FindRole } from "./roles.ts";
import { rejected, type VerifyToken } from "./verify-token.ts";

const claimsSchema = z.object({ sub: z.string().min(1).max(255), exp: z.number(), role: z.string() });

export interface ServiceTokenDeps {
  readonly secret: string;
  readonly audience: string;
  readonly findRole: FindRole;
}

const clockToleranceSeconds = 5;

/** Verifies service tokens: HS256 only, for our audience; `exp`, `sub` (the service's name) and `role` are required. */
export function createServiceTokenVerifier({ secret, audience, findRole }: ServiceTokenDeps): VerifyToken {
  const key = new TextEncoder().encode(secret);
  return async (token) => {
    let payload: unknown;
    try {
      ({ payload } = await jwtVerify(token, key, {
        algorithms: ["HS256"],
        audience,
        requiredClaims: ["exp", "aud", "sub"],
        clockTolerance: clockToleranceSeconds,
      }));
    } catch (error) {
      if (error instanceof errors.JOSEError) return rejected(error.code);
      throw error;
    }
    const claims = claimsSchema.safeParse(payload);
    if (!claims.success) return rejected("not_a_service_token");
    const { sub, exp, role } = claims.data;
    return { outcome: "verified", caller: { kind: "service", id: sub, ...findRole(role) }, expiresAt: exp * 1_000 };
  };
}
