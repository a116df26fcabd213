import { z } from "zod";
import { flag, list, positive, secretText } from "../../shared/environment.ts";
import { sensitiveActions } from "../http/caller.ts";
import { readClerkPublicKey } from "./clerk-keys.ts";
import { createAddressCheck } from "./client-ip.ts";
import { findSecretWeakness } from "./verify-service-token.ts";

const publicKey = z.string().transform((pem, context) => {
  try {
    return readClerkPublicKey(pem.replaceAll("\\n", "\n"));
  } catch {
    context.addIssue("must be the PEM public key from Clerk's dashboard (RSA, 2048 bits)");
    return z.NEVER;
  }
});

const secret = secretText.superRefine((value, context) => {
  const weakness = findSecretWeakness(value);
  if (weakness !== undefined) context.addIssue(weakness);
});

/** Apps and browser extensions have origins of their own schemes, for which `URL` has none. */
const isOrigin = (text: string) => {
  const url = URL.parse(text);
  return url !== null && url.host !== "" && `${url.protocol}//${url.host}` === text && !text.includes("*");
};
/** A final slash belongs to no origin, so a comparison with it would never match. */
const origins = list
  .transform((values) => values.map((value) => value.replace(/\/$/, "")))
  .refine((values) => values.every(isOrigin), "must be origins, such as https://app.example.com, without wildcards");

const addresses = list.refine((values) => {
  try {
    return createAddressCheck(values) !== undefined;
  } catch {
    return false;
  }
}, "must be addresses or CIDRs, such as 10.0.0.0/8");

export const AUTH_ENVIRONMENT = {
  CLERK_JWT_KEY: publicKey
    .optional()
    .describe(
      "Clerk's public key (PEM), which verifies session tokens without a network call; not set: the keys come from Clerk's JWKS",
    ),
  CLERK_AUTHORIZED_PARTIES: origins
    .default([])
    .describe("Origins whose session tokens are accepted (claim azp), comma-separated; not set: any origin, or none"),
  JWT_SECRET: secret
    .optional()
    .describe(
      "Key of service tokens (HS256), at least 32 bytes: openssl rand -base64 48; not set: service tokens are refused",
    ),
  JWT_SECRET_PREVIOUS: secret
    .optional()
    .describe("Former JWT_SECRET, whose tokens are still accepted while it is rotated (docs/secrets.md)"),
  SERVICE_TOKEN_AUDIENCE: z
    .string()
    .default("clerk-kafka-bridge")
    .describe("Audience (claim aud) that a service token must have"),
  ROLES_FILE: z.string().optional().describe("File of roles and permissions; not set: roles.json beside package.json"),
  REQUIRE_MFA_FOR: list
    .pipe(z.array(z.enum(sensitiveActions)))
    .default([])
    .describe(
      "Actions for which a user needs a fresh second factor: delete, role, mfa, recovery, credentials; comma-separated. mfa and recovery include credentials. Services are exempt",
    ),
  MFA_MAX_AGE_MINUTES: positive
    .default(10)
    .describe(
      "Maximum age of a fresh factor, in minutes; a user who changes their own password or addresses always needs one",
    ),
  ADMIN_IP_ALLOW_LIST: addresses
    .default([])
    .describe(
      "IP addresses and CIDR ranges from which callers may act on other users' accounts, comma-separated; not set: all",
    ),
  TRUSTED_PROXIES: z.coerce
    .number()
    .int()
    .min(0)
    .max(10)
    .default(0)
    .describe(
      "Number of proxies in front of the API that append to X-Forwarded-For. The API must be reachable only through them. 0: the header is ignored",
    ),
  OPEN_REGISTRATION: flag
    .default(false)
    .describe(
      "Whether callers without a token may create a user, with one email address, which is unverified until the user proves it",
    ),
  CORS_ORIGINS: origins.default([]).describe("Origins whose pages may call the API (CORS), comma-separated"),
  RATE_LIMIT_PER_IP: positive
    .default(1_200)
    .describe("Requests per minute from one IP address (IPv6: one /64 network)"),
  RATE_LIMIT_PER_CALLER: positive.default(600).describe("Requests per minute of one user or service"),
  RATE_LIMIT_BAD_TOKENS: positive.default(20).describe("Rejected tokens per minute from one IP address"),
  RATE_LIMIT_REGISTRATIONS: positive.default(10).describe("Registrations per hour from one IP address"),
};
type Environment = z.infer<z.ZodObject<typeof AUTH_ENVIRONMENT>>;

export type AuthConfig = ReturnType<typeof toAuthConfig>;

export const toAuthConfig = (env: Environment) => ({
  jwtKey: env.CLERK_JWT_KEY,
  authorizedParties: env.CLERK_AUTHORIZED_PARTIES,
  serviceTokens: serviceTokensOf(env),
  rolesFile: env.ROLES_FILE,
  freshFactorFor: env.REQUIRE_MFA_FOR,
  factorMaxAgeMinutes: env.MFA_MAX_AGE_MINUTES,
  adminAddresses: env.ADMIN_IP_ALLOW_LIST,
  trustedProxies: env.TRUSTED_PROXIES,
  openRegistration: env.OPEN_REGISTRATION,
  corsOrigins: env.CORS_ORIGINS,
  quotas: {
    ip: { name: "ip", requests: env.RATE_LIMIT_PER_IP, windowSeconds: 60 },
    caller: { name: "caller", requests: env.RATE_LIMIT_PER_CALLER, windowSeconds: 60 },
    badTokens: { name: "bad-tokens", requests: env.RATE_LIMIT_BAD_TOKENS, windowSeconds: 60 },
    registrations: { name: "registrations", requests: env.RATE_LIMIT_REGISTRATIONS, windowSeconds: 3_600 },
  },
});

function serviceTokensOf({ JWT_SECRET, JWT_SECRET_PREVIOUS, SERVICE_TOKEN_AUDIENCE }: Environment) {
  if (JWT_SECRET === undefined) return undefined;
  const secrets: readonly [string, ...string[]] =
    JWT_SECRET_PREVIOUS === undefined ? [JWT_SECRET] : [JWT_SECRET, JWT_SECRET_PREVIOUS];
  return { secrets, audience: SERVICE_TOKEN_AUDIENCE };
}
