import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { flag, secretText } from "../../shared/environment.ts";
import { ConfigError, messageOf } from "../../shared/errors.ts";

const mechanisms = ["plain", "scram-sha-256", "scram-sha-512", "oauthbearer"] as const;

/** PEM text, or the path of a file with it. The text may have `\n` instead of line breaks, as one-line settings do. */
const pem = (check: (text: string) => void) =>
  z.string().transform((setting, context) => {
    try {
      const text = setting.includes("-----BEGIN") ? setting.replaceAll("\\n", "\n") : readFileSync(setting, "utf8");
      check(text);
      return text;
    } catch (error) {
      context.addIssue(`is neither PEM nor the path of a PEM file: ${reasonOf(error)}`);
      return z.NEVER;
    }
  });
/** Never the value, which may be a key. */
const reasonOf = (error: unknown) =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "invalid";
const certificate = pem((text) => new X509Certificate(text));
const privateKey = pem((text) => createPrivateKey(text));

export const KAFKA_SECURITY_ENVIRONMENT = {
  KAFKA_SSL: flag.default(false).describe("Whether to connect to the brokers with TLS"),
  KAFKA_SSL_CA: certificate
    .optional()
    .describe("Certificate of the authority that signed the brokers' certificates: PEM, or the path of a PEM file"),
  KAFKA_SSL_CERT: certificate
    .optional()
    .describe("Client certificate for mutual TLS: PEM, or the path of a PEM file; needs KAFKA_SSL_KEY"),
  KAFKA_SSL_KEY: privateKey
    .optional()
    .describe("Private key of the client certificate, without a passphrase: PEM, or the path of a PEM file"),
  KAFKA_SASL_MECHANISM: z
    .string()
    .toLowerCase()
    .pipe(z.enum(mechanisms))
    .optional()
    .describe(
      "SASL mechanism: plain, scram-sha-256, scram-sha-512 or oauthbearer; not set: no authentication, or mutual TLS",
    ),
  KAFKA_SASL_USERNAME: z.string().optional().describe("User name for SASL plain and scram"),
  KAFKA_SASL_PASSWORD: secretText.optional().describe("Password for SASL plain and scram"),
  KAFKA_OAUTH_TOKEN_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe("Token endpoint for SASL oauthbearer with OAuth client credentials"),
  KAFKA_OAUTH_CLIENT_ID: z.string().optional().describe("Client id for KAFKA_OAUTH_TOKEN_URL"),
  KAFKA_OAUTH_CLIENT_SECRET: secretText.optional().describe("Client secret for KAFKA_OAUTH_TOKEN_URL"),
  KAFKA_OAUTH_SCOPE: z.string().optional().describe("Scope to request from KAFKA_OAUTH_TOKEN_URL"),
  KAFKA_TOKEN_PROVIDER: z
    .string()
    .optional()
    .describe(
      "Path of a JavaScript module whose default export returns the token for SASL oauthbearer, for example for MSK IAM; see docs/kafka.md",
    ),
};
type Environment = z.infer<z.ZodObject<typeof KAFKA_SECURITY_ENVIRONMENT>>;

/** The options of `tls.connect`. */
interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

/** OAuth's client credentials grant (RFC 6749, section 4.4). */
export interface ClientCredentials {
  readonly from: "token_endpoint";
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string | undefined;
}

export type TokenOrigin = ClientCredentials | { readonly from: "module"; readonly path: string };

export type SaslConfig =
  | {
      readonly mechanism: Exclude<(typeof mechanisms)[number], "oauthbearer">;
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: "oauthbearer"; readonly origin: TokenOrigin };

export interface KafkaSecurity {
  readonly ssl: boolean | TlsOptions;
  readonly sasl: SaslConfig | undefined;
}

/** Throws a {@link ConfigError} for settings that do not belong together. */
export const toKafkaSecurity = (env: Environment): KafkaSecurity => ({ ssl: sslOf(env), sasl: saslOf(env) });

function sslOf(env: Environment): KafkaSecurity["ssl"] {
  const { KAFKA_SSL: ssl, KAFKA_SSL_CA: ca, KAFKA_SSL_CERT: cert, KAFKA_SSL_KEY: key } = env;
  if (ca === undefined && cert === undefined && key === undefined) return ssl;
  if (!ssl) throw new ConfigError("KAFKA_SSL: must be true with KAFKA_SSL_CA, KAFKA_SSL_CERT and KAFKA_SSL_KEY");
  if ((cert === undefined) !== (key === undefined)) {
    throw new ConfigError("KAFKA_SSL_CERT and KAFKA_SSL_KEY: mutual TLS needs both");
  }
  if (cert !== undefined && key !== undefined) checkPair(cert, key);
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) };
}

function checkPair(cert: string, key: string): void {
  try {
    if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return;
  } catch (error) {
    throw new ConfigError(`KAFKA_SSL_KEY: cannot be used: ${messageOf(error)}`);
  }
  throw new ConfigError("KAFKA_SSL_KEY: is not the key of KAFKA_SSL_CERT");
}

function saslOf(env: Environment): SaslConfig | undefined {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = env;
  if (mechanism === undefined) return undefined;
  if (mechanism === "oauthbearer") return { mechanism, origin: tokenOriginOf(env) };
  if (username === undefined || password === undefined) {
    throw new ConfigError(`KAFKA_SASL_MECHANISM: ${mechanism} needs KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD`);
  }
  return { mechanism, username, password };
}

function tokenOriginOf(env: Environment): TokenOrigin {
  const {
    KAFKA_TOKEN_PROVIDER: path,
    KAFKA_OAUTH_TOKEN_URL: tokenUrl,
    KAFKA_OAUTH_CLIENT_ID: clientId,
    KAFKA_OAUTH_CLIENT_SECRET: clientSecret,
    KAFKA_OAUTH_SCOPE: scope,
  } = env;
  if (path !== undefined && tokenUrl === undefined) return { from: "module", path };
  if (path === undefined && tokenUrl !== undefined && clientId !== undefined && clientSecret !== undefined) {
    return { from: "token_endpoint", tokenUrl, clientId, clientSecret, scope };
  }
  throw new ConfigError(
    "KAFKA_SASL_MECHANISM: oauthbearer needs KAFKA_TOKEN_PROVIDER, or KAFKA_OAUTH_TOKEN_URL with KAFKA_OAUTH_CLIENT_ID and KAFKA_OAUTH_CLIENT_SECRET",
  );
}
