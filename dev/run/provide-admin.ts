import { randomBytes } from "node:crypto";
import { SignJWT } from "jose";

export interface DevelopmentAdmin {
  /** The variables that the API needs to accept the token. */
  readonly env: NodeJS.ProcessEnv;
  /** A service token with all permissions, valid for a week. */
  readonly token: string;
  /** A shell command that lists users as this admin. */
  readonly curl: (apiUrl: string) => string;
}

/** An admin for the user API, by JWT_SECRET, or by a secret of this run. */
export async function provideAdmin(env: NodeJS.ProcessEnv): Promise<DevelopmentAdmin> {
  const secret = env["JWT_SECRET"] || randomBytes(48).toString("base64");
  const token = await new SignJWT({ role: "admin" })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject("development")
    .setAudience(env["SERVICE_TOKEN_AUDIENCE"] || "clerk-kafka-bridge")
    .setExpirationTime("7d")
    .sign(new TextEncoder().encode(secret));
  return {
    env: { JWT_SECRET: secret },
    token,
    curl: (apiUrl) => `curl ${apiUrl}/api/users \\\n  -H "Authorization: Bearer ${token}"`,
  };
}
