import { Hono } from "hono";
import { resourceNotFound } from "../errors/refusals.ts";
import type { Instance } from "../instance/instance.ts";
import type { SessionTokenSigner } from "../tokens/session-token-signer.ts";
import { authenticate } from "./authenticate.ts";
import { limitRate, type RateLimit } from "./limit-rate.ts";
import { respond, respondError } from "./respond.ts";
import { userRoutes } from "./routes/users.ts";

export interface AppOptions {
  readonly instance: Instance;
  readonly signer: SessionTokenSigner;
  readonly secretKey: string;
  readonly rateLimit: RateLimit | undefined;
  readonly makeTraceId: () => string;
}

/** The Backend API over one instance. */
export function createApp({ instance, signer, secretKey, rateLimit, makeTraceId }: AppOptions): Hono {
  const api = new Hono();
  api.use(authenticate(secretKey));
  if (rateLimit !== undefined) api.use(limitRate(rateLimit, instance.now));
  api.get("/jwks", (c) => respond(c, signer.jwks));
  api.route("/users", userRoutes(instance));

  const app = new Hono();
  app.route("/v1", api);
  app.notFound((c) => respondError(c, resourceNotFound(), makeTraceId()));
  app.onError((error, c) => respondError(c, error, makeTraceId()));
  return app;
}
