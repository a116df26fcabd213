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
 * For a port that operators reach. `/livez`: 200 while the process responds. `/readyz`: 200 when every condition holds, otherwise 503
 * with the conditions. `/metrics`: metrics for Prometheus.
 */
export function addHealth(app: Hono, deps: HealthDeps): void {
  const { registry } = deps;
  app.get("/livez", (c) => c.json({ status: "live" }));
  app.get("/readyz", async (c) => {
    const { status, conditions } = await checkReadiness(deps);
    return c.json({ status, conditions }, status === "ready" ? 200 : 503);
  });
  app.get("/metrics", async (c) => c.body(await registry.metrics(), 200, { "content-type": registry.contentType }));
}

/** For a port that strangers can reach: `/livez` and `/readyz` without the conditions, and no metrics. */
export function addPublicHealth(app: Hono, deps: HealthDeps): void {
  app.get("/livez", (c) => c.json({ status: "live" }));
  app.get("/readyz", async (c) => {
    const { status } = await checkReadiness(deps);
    return c.json({ status }, status === "ready" ? 200 : 503);
  });
}

async function checkReadiness({ signal, readiness }: HealthDeps) {
  const conditions: Readiness = signal.aborted ? { process: "stopping" } : await readiness();
  const ready = Object.values(conditions).every((condition) => condition === true);
  return { status: ready ? ("ready" as const) : ("not ready" as const), conditions };
}
