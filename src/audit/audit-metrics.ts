import { Counter, Gauge, type Registry } from "prom-client";

export type AuditTrailMetrics = ReturnType<typeof createAuditTrailMetrics>;
export type AuditRelayMetrics = ReturnType<typeof createAuditRelayMetrics>;

/** Metrics of the audit trail in the API. Call once per registry. */
export const createAuditTrailMetrics = (registry: Registry) => ({
  audited: new Counter({
    name: "bridge_audit_entries_total",
    help: "Audit entries, by outcome: recorded, or only logged because Redis was unavailable",
    labelNames: ["outcome"],
    registers: [registry],
  }),
});

/** Metrics of the audit relay in the worker. Call once per registry. */
export const createAuditRelayMetrics = (registry: Registry) => ({
  relayed: new Counter({
    name: "bridge_audit_relayed_total",
    help: "Audit entries written to Kafka, repeats included",
    registers: [registry],
  }),
  lagSeconds: new Gauge({
    name: "bridge_audit_lag_seconds",
    help: "Age of the oldest audit entry that is not in Kafka yet; the same on every worker",
    registers: [registry],
  }),
});
