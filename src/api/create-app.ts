import { type Context, Hono } from "hono";
import { addDocs } from "./openapi/add-docs.ts";
import { addWebhookRoute, reportWrongPath, type WebhookRouteDeps } from "../webhooks/add-webhook-route.ts";
import { addHealth, addPublicHealth, type HealthDeps } from "../http/add-health.ts";
import type { ApiApp, ApiEnv } from "./http/api-env.ts";
import { toApiError } from "./http/to-api-error.ts";
import { mapErrors } from "../http/api-error.ts";
import { methodNotAllowed } from "./http/create-router.ts";

export interface AppDeps extends WebhookRouteDeps, HealthDeps {
  /** Whether metrics and the conditions of readiness are on another port. */
  readonly hasOperationsPort: boolean;
  /** The user API, with all its routes. */
  readonly api: ApiApp;
  /** Undefined when it is turned off. */
  readonly console: Hono<ApiEnv> | undefined;
}

/** All HTTP routes of the process: Clerk's webhooks, health, metrics, documentation, and the user API with its own middleware. */
export function createApp(deps: AppDeps): Hono {
  const app = new Hono();
  mapErrors(app, deps.log, undefined, (c) => reportWrongPath(c, deps));
  mapErrors(deps.api, deps.log, toApiError);
  addWebhookRoute(app, deps);
  if (deps.hasOperationsPort) addPublicHealth(app, deps);
  else addHealth(app, deps);
  addDocs(app, deps.api);
  methodNotAllowed(deps.api);
  methodNotAllowed(app);
  const { console: pages } = deps;
  if (pages !== undefined) {
    for (const path of ["/console", "/console/*"]) {
      app.all(path, (c: Context<ApiEnv>) => pages.fetch(c.req.raw, c.env));
    }
  }
  // Not with `route`: with the API's paths among its own, Hono would use its slower router for webhooks too.
  app.all("/api/*", async (c: Context<ApiEnv>) => {
    // Clerk's documents put webhooks below this path.
    if (c.req.path.startsWith("/api/webhook")) await reportWrongPath(c, deps);
    return deps.api.fetch(c.req.raw, c.env);
  });
  return app;
}
