import type { Logger } from "../../shared/logger.ts";
import type { AuthConfig } from "./auth-config.ts";
import { createClerkKeySet, createFixedKey } from "./clerk-keys.ts";
import type { FindRole } from "./roles.ts";
import { createServiceTokenVerifier } from "./verify-service-token.ts";
import { createSessionTokenVerifier } from "./verify-session-token.ts";
import { createTokenVerifier, type VerifyToken } from "./verify-token.ts";

export interface AccessVerifierOptions {
  readonly auth: AuthConfig;
  readonly findRole: FindRole;
  readonly clerk: { readonly secretKey: string; readonly apiUrl: string };
  readonly log: Logger;
  readonly now: () => number;
}

/** Verifies the tokens that the configuration allows: those of Clerk's sessions, and those of services if they have a secret. */
export function createAccessVerifier({ auth, findRole, clerk, log, now }: AccessVerifierOptions): VerifyToken {
  const session = createSessionTokenVerifier({
    findKey: auth.jwtKey === undefined ? createClerkKeySet({ ...clerk, log, now }) : createFixedKey(auth.jwtKey),
    findRole,
    authorizedParties: auth.authorizedParties,
  });
  const service = auth.serviceTokens && createServiceTokenVerifier({ ...auth.serviceTokens, findRole });
  return createTokenVerifier({ session, service }, now);
}
