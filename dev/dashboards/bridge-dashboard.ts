import { RowBuilder, type Dashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import { createChart, createDashboard, createValue, quantiles, rateBy } from "./panels.ts";

/** The way of a message: receiver, queue, worker, Kafka; and the reconciliation beside it. */
export const buildBridgeDashboard = (): Dashboard =>
  createDashboard("clerk-kafka-bridge", "Clerk Kafka Bridge", "From Clerk's webhooks to committed events")
    .withRow(new RowBuilder("Now"))
    .withPanel(createValue(text("Oldest waiting message", "s"), "max(bridge_queue_oldest_job_age_seconds)", 60))
    .withPanel(createValue(text("Waiting messages", "short"), "sum(max by (shard) (bridge_queue_waiting_jobs))"))
    .withPanel(createValue(text("Shards without an owner", "short"), shardsWithoutOwner, 1))
    .withPanel(createValue(text("Dead letters", "short"), "max(bridge_dead_letters)", 1))
    .withPanel(createValue(text("Redis memory", "percentunit"), "max(bridge_redis_memory_used_ratio)", 0.7))
    .withPanel(
      createValue(
        text("Last comparison with Clerk", "s", "Time since the last run of the reconciliation"),
        "time() - max(bridge_reconciliation_last_run_timestamp_seconds)",
        900,
      ),
    )
    .withRow(new RowBuilder("Receiver"))
    .withPanel(
      createChart(text("Webhooks accepted", "reqps", "By what became of them"), [
        rateBy("bridge_webhooks_accepted_total", "outcome"),
      ]),
    )
    .withPanel(
      createChart(text("Webhooks rejected", "reqps", "By reason; those that begin with redis are the bridge's fault"), [
        rateBy("bridge_webhooks_rejected_total", "reason"),
      ]),
    )
    .withPanel(createChart(text("Time until Redis has a message", "s"), quantiles("bridge_queue_write_seconds")))
    .withRow(new RowBuilder("Queue"))
    .withPanel(
      createChart(text("Waiting messages by shard", "short"), [
        { expr: "max by (shard) (bridge_queue_waiting_jobs)", legend: "shard {{shard}}" },
      ]),
    )
    .withPanel(
      createChart(text("Age of the oldest message by shard", "s"), [
        { expr: "max by (shard) (bridge_queue_oldest_job_age_seconds)", legend: "shard {{shard}}" },
      ]),
    )
    .withPanel(createChart(text("Dead letters", "short"), [{ expr: "max(bridge_dead_letters)", legend: "stored" }]))
    .withRow(new RowBuilder("Worker and Kafka"))
    .withPanel(
      createChart(text("Events committed", "reqps", "By type"), [rateBy("bridge_events_committed_total", "type")]),
    )
    .withPanel(
      createChart(text("Messages decided", "reqps", "By outcome; publish becomes an event"), [
        rateBy("bridge_messages_decided_total", "outcome"),
      ]),
    )
    .withPanel(createChart(text("From receipt to committed event", "s"), quantiles("bridge_end_to_end_seconds")))
    .withPanel(createChart(text("Kafka transaction", "s"), quantiles("bridge_transaction_seconds")))
    .withPanel(createChart(text("Messages in a batch", "short"), quantiles("bridge_batch_messages")))
    .withPanel(
      createChart(text("Shards drained", "short", "By worker; the sum is the number of shards"), [
        { expr: "sum by (instance) (bridge_shards_owned)", legend: "{{instance}}" },
      ]),
    )
    .withRow(new RowBuilder("Reconciliation and Clerk"))
    .withPanel(
      createChart(text("Missed changes found", "short", "Per hour, by kind; webhooks are missing when they rise"), [
        { expr: "sum by (kind) (increase(bridge_reconciliation_found_total[1h]))", legend: "{{kind}}" },
      ]),
    )
    .withPanel(
      createChart(text("Requests to Clerk", "reqps", "By outcome"), [rateBy("bridge_clerk_requests_total", "outcome")]),
    )
    .withPanel(
      createChart(text("Clerk's response time", "s"), quantiles("bridge_clerk_request_seconds", ["operation"])),
    )
    .withRow(new RowBuilder("Processes"))
    .withPanel(
      createChart(text("CPU", "percentunit", "Share of one core"), [
        {
          expr: 'sum by (process, instance) (rate(process_cpu_seconds_total{process!=""}[$__rate_interval]))',
          legend: processLegend,
        },
      ]),
    )
    .withPanel(
      createChart(text("Resident memory", "bytes"), [
        { expr: 'process_resident_memory_bytes{process!=""}', legend: processLegend },
      ]),
    )
    .withPanel(
      createChart(text("Event loop lag, p99", "s"), [
        { expr: 'nodejs_eventloop_lag_p99_seconds{process!=""}', legend: processLegend },
      ]),
    )
    .build();

const shardsWithoutOwner =
  "count(max by (shard) (bridge_queue_waiting_jobs)) - (sum(bridge_shards_owned) or vector(0))";

const processLegend = "{{process}} {{instance}}";

const text = (title: string, unit: string, description = "") => ({ title, unit, description });
