import { createPublicKey, generateKeyPair, type KeyObject, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { exportJWK, type JWK, SignJWT } from "jose";

/** The content of a session token. Everything but the user has a default. */
export interface SessionTokenRequest {
  readonly userId: string;
  /** Default: the id of no existing session. */
  readonly sessionId?: string;
  /** Added to Clerk's own claims, which they override, e.g. `{ metadata: { role: "admin" }, azp: "…" }`. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Default 60, as in Clerk. Zero or less gives an expired token. */
  readonly expiresInSeconds?: number;
  /** The `azp` claim: the origin that the token was issued for. Default: none, as for native clients. */
  readonly authorizedParty?: string;
}

/** Signs with the instance's RSA-2048 key. Tokens use the machine's clock, because their verifiers do. */
export interface SessionTokenSigner {
  sign(request: SessionTokenRequest): Promise<string>;
  /** The public key as PEM: Clerk's `jwtKey`. */
  readonly jwtKey: string;
  readonly jwks: { readonly keys: readonly JWK[] };
}

/** Creates a new key unless given an RSA-2048 private key. The key does not depend on the seed. */
export async function createSessionTokenSigner(
  issuer: string,
  keyId: string,
  privateKey?: KeyObject,
): Promise<SessionTokenSigner> {
  const key = privateKey ?? (await promisify(generateKeyPair)("rsa", { modulusLength: 2048 })).privateKey;
  const publicKey = createPublicKey(key);
  return {
    jwtKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
    jwks: { keys: [{ ...(await exportJWK(publicKey)), use: "sig", kid: keyId, alg: "RS256" }] },
    sign: (request) => {
      const now = Math.floor(Date.now() / 1000);
      return new SignJWT(claimsOf(request, issuer, now))
        .setProtectedHeader({ alg: "RS256", cat: "cl_B7d4PD111AAA", kid: keyId, typ: "JWT" })
        .sign(key);
    },
  };
}

function claimsOf(request: SessionTokenRequest, issuer: string, now: number): Record<string, unknown> {
  const { userId, sessionId = `sess_${"0".repeat(27)}`, expiresInSeconds = 60, authorizedParty, claims } = request;
  return {
    ...(authorizedParty === undefined ? {} : { azp: authorizedParty }),
    exp: now + expiresInSeconds,
    fva: [0, -1],
    iat: now,
    iss: issuer,
    jti: randomBytes(10).toString("hex"),
    nbf: now - 10,
    sid: sessionId,
    sts: "active",
    sub: userId,
    v: 2,
    ...claims,
  };
}
