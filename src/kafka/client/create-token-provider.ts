import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import {
  allowInsecureRequests,
  clientCredentialsGrantRequest,
  ClientSecretBasic,
  processClientCredentialsResponse,
  ResponseBodyError,
} from "oauth4webapi";
import { z } from "zod";
import { messageOf } from "../../shared/errors.ts";
import type { ClientCredentials, TokenOrigin } from "./kafka-security.ts";

/** No token can be had, and waiting does not help: the endpoint rejects the client, or the module cannot be used. */
class TokenRefusedError extends Error {
  override readonly name = "TokenRefusedError";
}

export interface Token {
  /** For example a JWT. */
  readonly value: string;
}

const requestTimeoutMs = 5_000;
/** A token is used for new sessions during this share of its life, because the sessions end with it. */
const usedShare = 0.5;

/** Returns a function that kafkajs calls whenever it authenticates a connection. Throws {@link TokenRefusedError}, and the error of an outage. */
export function createTokenProvider(origin: TokenOrigin, now: () => number): () => Promise<Token> {
  switch (origin.from) {
    case "module":
      return () => askModule(origin.path);
    case "token_endpoint":
      return keepWhileValid(() => requestToken(origin), now);
  }
}

interface LimitedToken extends Token {
  /** Unknown: the token is used once. */
  readonly lifetimeMs: number;
}

function keepWhileValid(request: () => Promise<LimitedToken>, now: () => number): () => Promise<Token> {
  let kept: { readonly token: Promise<LimitedToken>; readonly until: number } | undefined;
  return () => {
    if (kept !== undefined && now() < kept.until) return kept.token;
    // Connections that authenticate at the same time share the request.
    const token = request();
    const requested = { token, until: now() + requestTimeoutMs };
    kept = requested;
    const settle = (until: number) => {
      if (kept === requested) kept = { token, until };
    };
    token.then(
      ({ lifetimeMs }) => settle(now() + lifetimeMs * usedShare),
      () => settle(0),
    );
    return token;
  };
}

async function requestToken(credentials: ClientCredentials): Promise<LimitedToken> {
  const { tokenUrl, clientId, clientSecret, scope } = credentials;
  // The library only uses the issuer of this type for OpenID Connect.
  const server = { issuer: new URL(tokenUrl).origin, token_endpoint: tokenUrl };
  const client = { client_id: clientId };
  try {
    const response = await clientCredentialsGrantRequest(
      server,
      client,
      ClientSecretBasic(clientSecret),
      scope === undefined ? {} : { scope },
      { [allowInsecureRequests]: true, signal: AbortSignal.timeout(requestTimeoutMs) },
    );
    const answer = await processClientCredentialsResponse(server, client, response);
    return { value: answer.access_token, lifetimeMs: (answer.expires_in ?? 0) * 1_000 };
  } catch (error) {
    if (error instanceof ResponseBodyError) {
      throw new TokenRefusedError(`The token endpoint refuses: ${error.error}`, { cause: error });
    }
    throw new Error(`The token endpoint is unavailable: ${messageOf(error)}`, { cause: error });
  }
}

const tokenModuleSchema = z.object({
  default: z.function({ input: [], output: z.promise(z.object({ value: z.string().min(1) })) }),
});

async function askModule(path: string): Promise<Token> {
  const module = tokenModuleSchema.safeParse(await load(path));
  if (!module.success) throw new TokenRefusedError(`${path} has no default export that is a function`);
  return module.data.default();
}

async function load(path: string): Promise<unknown> {
  try {
    return await import(pathToFileURL(resolve(path)).href);
  } catch (error) {
    throw new TokenRefusedError(`${path} cannot be loaded: ${messageOf(error)}`, { cause: error });
  }
}
