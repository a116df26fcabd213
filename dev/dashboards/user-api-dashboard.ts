import { RowBuilder, type Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { createChart, createDashboard, createValue, quantiles, rateBy } from "./panels.ts";

/** The user API: its requests, the callers it refuses, its cache, and what it asks of Clerk. */
export const buildUserApiDashboard = (): Dashboard =>
  createDashboard("clerk-kafka-bridge-user-api", "Clerk Kafka Bridge: user API", "Requests, refusals, cache and Clerk")
    .withRow(new RowBuilder("Now"))
    .withPanel(createValue(text("Requests", "reqps"), "sum(rate(bridge_api_requests_total[$__rate_interval]))"))
    .withPanel(
      createValue(text("Errors", "percentunit", "Share of requests with a status of 500 or higher"), errorShare, 0.05),
    )
    .withPanel(
      createValue(
        text("Response time, p99", "s"),
        "histogram_quantile(0.99, sum by (le) (rate(bridge_api_request_seconds_bucket[$__rate_interval])))",
      ),
    )
    .withPanel(createValue(text("Refused", "reqps"), "sum(rate(bridge_api_refusals_total[$__rate_interval]))"))
    .withPanel(
      createValue(
        text("Cache hits", "percentunit"),
        '(sum(rate(bridge_cache_reads_total{outcome="hit"}[$__rate_interval])) or vector(0)) / sum(rate(bridge_cache_reads_total[$__rate_interval]))',
      ),
    )
    .withPanel(createValue(text("Calls at Clerk now", "short"), "sum(bridge_clerk_requests_in_flight)"))
    .withRow(new RowBuilder("Requests"))
    .withPanel(createChart(text("By operation", "reqps"), [rateBy("bridge_api_requests_total", "operation")]))
    .withPanel(createChart(text("By status", "reqps"), [rateBy("bridge_api_requests_total", "status")]))
    .withPanel(createChart(text("Response time", "s"), quantiles("bridge_api_request_seconds", ["operation"])))
    .withRow(new RowBuilder("Access"))
    .withPanel(
      createChart(text("Refused callers", "reqps", "Bad tokens, missing permissions and exhausted quotas, by reason"), [
        rateBy("bridge_api_refusals_total", "kind", "reason"),
      ]),
    )
    .withPanel(createChart(text("Audit entries", "reqps"), [rateBy("bridge_audit_entries_total", "outcome")]))
    .withPanel(
      createChart(text("Age of the oldest audit entry outside Kafka", "s"), [
        { expr: "max(bridge_audit_lag_seconds)", legend: "lag" },
      ]),
    )
    .withRow(new RowBuilder("Cache and Clerk"))
    .withPanel(
      createChart(text("Reads through the cache", "reqps"), [rateBy("bridge_cache_reads_total", "entry", "outcome")]),
    )
    .withPanel(
      createChart(text("Requests to Clerk", "reqps"), [
        rateBy('bridge_clerk_requests_total{process="api"}', "operation", "outcome"),
      ]),
    )
    .withPanel(
      createChart(text("Time spent waiting for Clerk's rate limit", "s"), quantiles("bridge_clerk_wait_seconds")),
    )
    .withPanel(
      createChart(text("Changes", "reqps", "Made through the API, by outcome"), [
        rateBy("bridge_api_changes_total", "outcome"),
      ]),
    )
    .build();

const errorShare =
  '(sum(rate(bridge_api_requests_total{status=~"5.."}[$__rate_interval])) or vector(0)) / sum(rate(bridge_api_requests_total[$__rate_interval]))';

const text = (title: string, unit: string, description = "") => ({ title, unit, description });
