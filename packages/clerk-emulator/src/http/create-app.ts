import { Hono } from "hono";
import { resourceNotFound } from "../errors/rejections.ts";
import type { Instance } from "../instance/instance.ts";
import type { SessionClaims } from "../sign-ins/create-session.ts";
import type { SessionTokenSigner } from "../sessions/session-token-signer.ts";
import type { WebhookSender } from "../webhooks/webhook-sender.ts";
import { authenticate } from "./middleware.ts";
import { limitRate, type RateLimit } from "./middleware.ts";
import { respond, respondError } from "./respond.ts";
import { dashboardRoutes } from "./dashboard-routes.ts";
import { emailAddressRoutes } from "./user-routes.ts";
import { sessionTokenRoutes } from "./session-routes.ts";
import { sessionRoutes } from "./session-routes.ts";
import { signInTokenRoutes } from "./session-routes.ts";
import { userBelongingRoutes } from "./user-routes.ts";
import { userCredentialRoutes } from "./user-routes.ts";
import { userRoutes } from "./user-routes.ts";
import { webhookRoutes } from "./dashboard-routes.ts";

export interface AppOptions {
  readonly instance: Instance;
  readonly webhooks: WebhookSender;
  readonly signer: SessionTokenSigner;
  readonly keys: EmulatorKeys;
  readonly sessionClaims: SessionClaims;
  readonly rateLimit: RateLimit | undefined;
  readonly makeTraceId: () => string;
}

/** The keys that a program needs to call the emulator and to verify its tokens and webhooks. */
export interface EmulatorKeys {
  readonly secretKey: string;
  /** Names a Frontend API that does not exist. The SDK's `authenticateRequest` requires one. */
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
 * `/v1` is the Backend API. `/emulator` has what Clerk's API lacks: the same resources without key and rate limit, the
 * actions of users, the control of webhooks, and the keys (at `/emulator` itself).
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
  api
    .get("/jwks", (c) => respond(c, signer.jwks))
    .get("/instance", (c) =>
      respond(c, {
        object: "instance",
        id: instance.id,
        environment_type: "development",
        allowed_origins: null,
        workspace_id: null,
      }),
    )
    .route("/", resources);

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
