import type { Registry } from "prom-client";
import { z } from "zod";
import { createRequestMetrics } from "../../src/api/http/request-metrics.ts";
import { createUserMetrics } from "../../src/api/users/user-cache.ts";
import { createAuditRelayMetrics, createAuditTrailMetrics } from "../../src/audit/audit-trail.ts";
import { createClerkMetrics } from "../../src/clerk/client/clerk-metrics.ts";
import { registerBacklogMetrics } from "../../src/queue/backlog-metrics.ts";
import { registerLastRunMetrics } from "../../src/reconciliation/last-runs.ts";
import { createReconciliationMetrics } from "../../src/reconciliation/reconciliation-metrics.ts";
import { createMemoryGauge } from "../../src/redis/redis-memory.ts";
import { createRegistry } from "../../src/shared/metrics.ts";
import { createWebhookMetrics } from "../../src/webhooks/webhook-metrics.ts";
import { createWorkerMetrics } from "../../workers/context/worker-metrics.ts";

/** What each program registers. An integration test compares the names with those of the running programs. */
const metricsOf = {
  api: [
    createMemoryGauge,
    registerBacklog,
    registerLastRuns,
    createClerkMetrics,
    createWebhookMetrics,
    createRequestMetrics,
    createUserMetrics,
    createAuditTrailMetrics,
  ],
  worker: [
    createMemoryGauge,
    registerBacklog,
    registerLastRuns,
    createClerkMetrics,
    createWorkerMetrics,
    createReconciliationMetrics,
    createAuditRelayMetrics,
  ],
} as const;

export interface DocumentedMetric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly programs: readonly string[];
}

const metricSchema = z.object({
  name: z.string(),
  type: z.string(),
  help: z.string(),
  labelNames: z.array(z.string()),
});

/** All metrics of the project, by name. prom-client's own metrics about the process are not among them. */
export function documentedMetrics(): DocumentedMetric[] {
  const found = (["api", "worker"] as const).flatMap((program) => {
    const registry = createRegistry(program);
    for (const register of metricsOf[program]) register(registry);
    return registry.getMetricsAsArray().flatMap((metric) => {
      const parsed = metricSchema.parse(metric);
      return parsed.name.startsWith("bridge_") ? [{ ...parsed, program }] : [];
    });
  });
  return [...Map.groupBy(found, ({ name }) => name).values()]
    .flatMap(([metric, ...others]) => {
      if (metric === undefined) return [];
      const { program, ...rest } = metric;
      return [{ ...rest, programs: [program, ...others.map((other) => other.program)] }];
    })
    .toSorted((a, b) => a.name.localeCompare(b.name));
}

/** All metrics as a table for `docs/operations.md`. */
export function renderMetrics(): string {
  const rows = documentedMetrics().map(
    ({ name, type, labelNames, programs, help }) =>
      `| \`${name}\` | ${type} | ${labelNames.map((label) => `\`${label}\``).join(", ")} | ${programs.join(", ")} | ${help} |`,
  );
  return `| metric | type | labels | of | meaning |\n| --- | --- | --- | --- | --- |\n${rows.join("\n")}`;
}

/** Nothing is scraped here, so nothing is read. */
const never = () => Promise.reject(new Error("not scraped"));

function registerBacklog(registry: Registry): void {
  const queues = { countWaiting: never, oldestWaitingAt: never };
  registerBacklogMetrics({ registry, queues, deadLetters: { count: never }, shards: 1, now: Date.now });
}

function registerLastRuns(registry: Registry): void {
  registerLastRunMetrics(registry, { read: never });
}
