import { Hono } from "hono";
import { addWebhookRoute, type WebhookRouteDeps } from "../webhooks/add-webhook-route.ts";
import { addHealth, type Readiness } from "./add-health.ts";
import { mapErrors } from "./errors.ts";

export interface AppDeps extends WebhookRouteDeps {
  readonly readiness: () => Promise<Readiness>;
}

/** The API: Clerk's webhooks, health and metrics. */
export function createApp(deps: AppDeps): Hono {
  const app = new Hono();
  mapErrors(app, deps.log);
  addWebhookRoute(app, deps);
  addHealth(app, { registry: deps.metrics.registry, readiness: deps.readiness });
  return app;
}
