import { SignJWT } from "jose";

/** The secret that signs service tokens in tests. */
export const serviceSecret = "3Zq8vL1xT6mN0bR5yK9wE2cJ7hG4sD-u";

/** A valid service token with these claims. A claim that is `undefined` is left out. */
export function signServiceToken(
  claims: Readonly<Record<string, unknown>> = {},
  { secret = serviceSecret, alg = "HS256" }: { secret?: string; alg?: string } = {},
): Promise<string> {
  const exp = Math.floor(Date.now() / 1_000) + 60;
  return new SignJWT({ sub: "billing", aud: "clerk-kafka-bridge", role: "admin", exp, ...claims })
    .setProtectedHeader({ alg, typ: "JWT" })
    .sign(new TextEncoder().encode(secret));
}
