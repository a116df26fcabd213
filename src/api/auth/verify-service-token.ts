import { errors, jwtVerify } from "jose";
import { z } from "zod";
import type { FindRole } from "./roles.ts";
import { rejected, type VerifyToken } from "./verify-token.ts";

const claimsSchema = z.object({ sub: z.string().min(1).max(255), exp: z.number(), role: z.string() });

export interface ServiceTokenDeps {
  /** More than one while a secret is rotated: a token of any of them is accepted. */
  readonly secrets: readonly [string, ...string[]];
  readonly audience: string;
  readonly findRole: FindRole;
}

const clockToleranceSeconds = 5;

/** Verifies service tokens: HS256 only, for the configured audience; `exp`, `sub` (the service's name) and `role` are required. */
export function createServiceTokenVerifier({ secrets, audience, findRole }: ServiceTokenDeps): VerifyToken {
  const [newest, ...older] = secrets.map((secret) => createVerifierOf(secret, audience, findRole));
  return async (token) => {
    let verified = (await newest?.(token)) ?? rejected("no_secret");
    for (const verify of older) {
      if (verified.outcome === "rejected" && verified.reason === wrongSignature) verified = await verify(token);
    }
    return verified;
  };
}

/** The code with which jose rejects a token of another secret. */
const wrongSignature = "ERR_JWS_SIGNATURE_VERIFICATION_FAILED";

function createVerifierOf(secret: string, audience: string, findRole: FindRole): VerifyToken {
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

const minBytes = 32;
const minDistinctCharacters = 8;
const placeholders =
  /change[-_ ]?(me|this|it)|your[-_ ]?(\w+[-_ ]?)?(secret|key)|(super|my|top)[-_ ]?secret|placeholder|example|insert[-_ ]|^(secret|password|default|jwt[-_ ]?secret)/i;

/** Why a secret is too weak to sign tokens; undefined when no weakness is found. The text does not reveal the value. */
export function findSecretWeakness(secret: string): string | undefined {
  if (Buffer.byteLength(secret) < minBytes)
    return `must have at least ${minBytes} bytes; generate one: openssl rand -base64 48`;
  if (placeholders.test(secret)) return "is a placeholder; generate a secret: openssl rand -base64 48";
  if (new Set(secret).size < minDistinctCharacters)
    return "has too few distinct characters; generate one: openssl rand -base64 48";
  if (secret.includes("-----BEGIN"))
    return "is a key file, which others may know; generate a secret: openssl rand -base64 48";
  return undefined;
}
