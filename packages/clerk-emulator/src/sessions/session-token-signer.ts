import { createPublicKey, generateKeyPair, type KeyObject, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { exportJWK, type JWK, SignJWT } from "jose";

/** What a session token is to say. Everything but the user has a default. */
export interface SessionTokenRequest {
  readonly userId: string;
  /** Default: a session id that belongs to no session. */
  readonly sessionId?: string;
  /** Added to Clerk's own claims and stronger than them, e.g. `{ metadata: { role: "admin" }, azp: "…" }`. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Default 60, as Clerk; zero or less gives a token that has expired already. */
  readonly expiresInSeconds?: number;
  /** The `azp` claim: the origin that the token was made for. Default: none, as for native clients. */
  readonly authorizedParty?: string;
}

/** The instance's RSA-2048 key. Times in tokens are the machine's, as whoever verifies them has no other clock. */
export interface SessionTokenSigner {
  sign(request: SessionTokenRequest): Promise<string>;
  /** The public key as PEM: Clerk's `jwtKey`. */
  readonly jwtKey: string;
  readonly jwks: { readonly keys: readonly JWK[] };
}

/** Makes a new key unless given one (an RSA-2048 private key). The key is not drawn from the seed. */
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
