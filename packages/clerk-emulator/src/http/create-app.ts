import { Hono } from "hono";
import { resourceNotFound } from "../errors/refusals.ts";
import type { Instance } from "../instance/instance.ts";
import type { SessionClaims } from "../sessions/create-session-token.ts";
import type { SessionTokenSigner } from "../tokens/session-token-signer.ts";
import type { WebhookSender } from "../webhooks/webhook-sender.ts";
import { authenticate } from "./authenticate.ts";
import { limitRate, type RateLimit } from "./limit-rate.ts";
import { respond, respondError } from "./respond.ts";
import { dashboardRoutes } from "./routes/dashboard.ts";
import { emailAddressRoutes } from "./routes/email-addresses.ts";
import { sessionTokenRoutes } from "./routes/session-tokens.ts";
import { sessionRoutes } from "./routes/sessions.ts";
import { signInTokenRoutes } from "./routes/sign-in-tokens.ts";
import { userBelongingRoutes } from "./routes/user-belongings.ts";
import { userCredentialRoutes } from "./routes/user-credentials.ts";
import { userRoutes } from "./routes/users.ts";
import { webhookRoutes } from "./routes/webhooks.ts";

export interface AppOptions {
  readonly instance: Instance;
  readonly webhooks: WebhookSender;
  readonly signer: SessionTokenSigner;
  readonly keys: EmulatorKeys;
  readonly sessionClaims: SessionClaims;
  readonly rateLimit: RateLimit | undefined;
  readonly makeTraceId: () => string;
}

/** What a program needs to talk to the emulator and to trust what comes from it. */
export interface EmulatorKeys {
  readonly secretKey: string;
  /** Its Frontend API does not exist; the SDK's `authenticateRequest` wants to have one. */
  readonly publishableKey: string;
  /** The PEM that verifies session tokens: the SDK's `jwtKey`. */
  readonly jwtKey: string;
  /** The `iss` of session tokens. */
  readonly issuer: string;
  readonly instanceId: string;
  /** `whsec_…` */
  readonly webhookSecret: string;
}

/**
 * `/v1` is the Backend API. `/emulator` is what Clerk does not have: the same resources without key and limit, as the
 * dashboard changes them; what users do by themselves; the control of webhooks; the keys (at `/emulator` itself).
 */
export function createApp(options: AppOptions): Hono {
  const { instance, webhooks, signer, keys, sessionClaims, rateLimit, makeTraceId } = options;
  const resources = new Hono()
    .route("/users", userRoutes(instance))
    .route("/users", userCredentialRoutes(instance))
    .route("/users", userBelongingRoutes(instance))
    .route("/email_addresses", emailAddressRoutes(instance))
    .route("/sessions", sessionRoutes(instance, signer, sessionClaims))
    .route("/sign_in_tokens", signInTokenRoutes(instance));

  const api = new Hono();
  api.use(authenticate(keys.secretKey));
  if (rateLimit !== undefined) api.use(limitRate(rateLimit, instance.now));
  api.get("/jwks", (c) => respond(c, signer.jwks)).route("/", resources);

  return new Hono()
    .route("/v1", api)
    .get("/emulator", (c) => respond(c, keys))
    .route("/emulator", dashboardRoutes(instance))
    .route("/emulator/webhooks", webhookRoutes(webhooks, keys.webhookSecret))
    .route("/emulator/session_tokens", sessionTokenRoutes(signer))
    .route("/emulator", resources)
    .notFound((c) => respondError(c, resourceNotFound(), makeTraceId()))
    .onError((error, c) => respondError(c, error, makeTraceId()));
}
