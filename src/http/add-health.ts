import type { Hono } from "hono";
import type { Registry } from "prom-client";

/** Whether the process can do its work now. Each condition has a name and is `true` or the reason against it. */
export type Readiness = Readonly<Record<string, true | string>>;

export interface HealthDeps {
  readonly registry: Registry;
  /** Aborts when the process begins to stop. It is not ready from then on. */
  readonly signal: AbortSignal;
  readonly readiness: () => Promise<Readiness>;
}

/**
 * `/livez`: 200 while the process responds. `/readyz`: 200 when every condition holds, otherwise 503 with the conditions.
 * `/metrics`: metrics for Prometheus.
 */
export function addHealth(app: Hono, { registry, signal, readiness }: HealthDeps): void {
  app.get("/livez", (c) => c.json({ status: "live" }));
  app.get("/readyz", async (c) => {
    const conditions = signal.aborted ? { process: "stopping" } : await readiness();
    const ready = Object.values(conditions).every((condition) => condition === true);
    return c.json({ status: ready ? "ready" : "not ready", conditions }, ready ? 200 : 503);
  });
  app.get("/metrics", async (c) => c.body(await registry.metrics(), 200, { "content-type": registry.contentType }));
}
