import { execa } from "execa";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { createFreshFolder, repositoryFolder } from "../../../dev/stack/folders.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";
import { openBridge } from "../../support/bridge/bridge.ts";
import { makeUser, userMessage } from "../../support/clerk/clerk-messages.ts";
import { post, send, signatureHeaders } from "../../support/clerk/send-webhook.ts";
import { installPrometheus, startPrometheus } from "../../support/monitoring/start-prometheus.ts";
import { reserveKafka, reserveRedis } from "../../support/private-servers.ts";

const folder = join(repositoryFolder, "deploy/prometheus");

/** Series of a healthy bridge, one value a minute. `0+60x3000`: it grows by 60 a minute. */
const healthy = {
  'bridge_build_info{process="api"}': "1x3000",
  'bridge_build_info{process="worker"}': "1x3000",
  'bridge_queue_waiting_jobs{shard="0"}': "5x3000",
  'bridge_queue_waiting_jobs{shard="1"}': "0x3000",
  'bridge_queue_oldest_job_age_seconds{shard="0"}': "59x3000",
  'bridge_shards_owned{instance="a"}': "1x3000",
  'bridge_shards_owned{instance="b"}': "1x3000",
  bridge_dead_letters: "3x3000",
  'bridge_reconciliation_last_run_timestamp_seconds{kind="recent"}': "0+60x3000",
  'bridge_reconciliation_last_run_timestamp_seconds{kind="full"}': "0+60x3000",
  'bridge_reconciliation_found_total{kind="created"}': "0x3000",
  'bridge_reconciliation_found_total{kind="touched"}': "0+60x3000",
  bridge_reconciliation_deletions_withheld: "0x3000",
  bridge_redis_memory_used_ratio: "0.69x3000",
  bridge_ledger_losses_total: "1x3000",
  bridge_webhooks_received_total: "0+10000x3000",
  'bridge_webhooks_accepted_total{outcome="queued"}': "0+9000x3000",
  'bridge_webhooks_rejected_total{reason="bad_signature"}': "0+1000x3000",
  'bridge_webhooks_rejected_total{reason="redis_unavailable"}': "0+5x3000",
  'bridge_webhooks_rejected_total{reason="wrong_path"}': "0x3000",
  'bridge_clerk_requests_total{outcome="ok"}': "0+60x3000",
  'bridge_clerk_requests_total{outcome="failed"}': "0+59x3000",
  bridge_clerk_throttled_total: "7x3000",
  bridge_audit_lag_seconds: "299x3000",
  'bridge_api_requests_total{status="200"}': "0+96x3000",
  'bridge_api_requests_total{status="503"}': "0+4x3000",
};

interface AlertCase {
  readonly alerts: readonly string[];
  /** What differs from the healthy bridge. Undefined: the series is absent. */
  readonly series: Partial<Record<keyof typeof healthy, string | undefined>>;
  /** Default 5 hours. */
  readonly at?: string;
}

const cases: readonly AlertCase[] = [
  { alerts: [], series: {} },
  { alerts: ["BridgeBacklogOld"], series: { 'bridge_queue_oldest_job_age_seconds{shard="0"}': "61x3000" } },
  { alerts: ["BridgeShardWithoutOwner"], series: { 'bridge_shards_owned{instance="b"}': "0x3000" } },
  {
    alerts: ["BridgeShardWithoutOwner"],
    series: { 'bridge_shards_owned{instance="a"}': undefined, 'bridge_shards_owned{instance="b"}': undefined },
  },
  { alerts: ["BridgeDeadLettersGrow"], series: { bridge_dead_letters: "3x295 4x3000" } },
  {
    alerts: ["BridgeReconciliationLate"],
    series: { 'bridge_reconciliation_last_run_timestamp_seconds{kind="recent"}': "0+60x280 16800x3000" },
  },
  {
    alerts: ["BridgeSweepLate"],
    series: { 'bridge_reconciliation_last_run_timestamp_seconds{kind="full"}': "0x3000" },
    at: "50h",
  },
  {
    alerts: ["BridgeWebhooksMissing"],
    series: { 'bridge_reconciliation_found_total{kind="created"}': "0x290 20x3000" },
  },
  { alerts: ["BridgeDeletionsWithheld"], series: { bridge_reconciliation_deletions_withheld: "11x3000" } },
  { alerts: ["BridgeRedisNearlyFull"], series: { bridge_redis_memory_used_ratio: "0.71x3000" } },
  { alerts: ["BridgeRedisUnavailable"], series: { bridge_dead_letters: "3x290 _x3000" } },
  { alerts: ["BridgeLedgerLost"], series: { bridge_ledger_losses_total: "1x295 2x3000" } },
  {
    alerts: ["BridgeReceiverBurnsErrorBudget", "BridgeReceiverBurnsErrorBudgetFast"],
    series: { 'bridge_webhooks_rejected_total{reason="redis_unavailable"}': "0+150x3000" },
  },
  {
    alerts: ["BridgeReceiverBurnsErrorBudget"],
    series: { 'bridge_webhooks_rejected_total{reason="redis_unavailable"}': "0+70x3000" },
  },
  {
    alerts: ["BridgeSignaturesWrong"],
    series: { 'bridge_webhooks_accepted_total{outcome="queued"}': "9000x3000" },
  },
  {
    alerts: ["BridgeWrongWebhookPath"],
    series: { 'bridge_webhooks_rejected_total{reason="wrong_path"}': "0x295 1x3000" },
  },
  { alerts: ["BridgeClerkUnavailable"], series: { 'bridge_clerk_requests_total{outcome="failed"}': "0+61x3000" } },
  { alerts: ["BridgeClerkBudgetExhausted"], series: { bridge_clerk_throttled_total: "0+1x3000" } },
  { alerts: ["BridgeAuditLate"], series: { bridge_audit_lag_seconds: "301x3000" } },
  { alerts: ["BridgeApiFails"], series: { 'bridge_api_requests_total{status="503"}': "0+6x3000" } },
  { alerts: ["BridgeProgramAbsent"], series: { 'bridge_build_info{process="worker"}': undefined } },
];

/** What `promtool test rules` reads: for each case, exactly its alerts fire. */
const promtoolTests = () => ({
  rule_files: [join(folder, "bridge.rules.yml")],
  evaluation_interval: "1m",
  tests: cases.map(({ alerts, series, at = "5h" }) => ({
    name: alerts.join(" ") || "a healthy bridge",
    interval: "1m",
    input_series: Object.entries({ ...healthy, ...series }).flatMap(([name, values]) =>
      values === undefined ? [] : [{ series: name, values }],
    ),
    promql_expr_test: [
      {
        expr: 'group by (alertname) (ALERTS{alertstate="firing"})',
        eval_time: at,
        exp_samples: alerts.map((alert) => ({ labels: `{alertname="${alert}"}`, value: 1 })),
      },
    ],
  })),
});

test("promtool accepts the rules, and in each case exactly the alert for it fires", async () => {
  await installPrometheus();
  const temporary = await createFreshFolder();
  onTestFinished(() => rm(temporary, { recursive: true }));
  const file = join(temporary, "tests.yml");
  await writeFile(file, stringify(promtoolTests()));
  const promtool = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await execa("promtool", args, { reject: false });
    return { exitCode, output: `${stdout}${stderr}` };
  };
  const passed = { exitCode: 0, output: expect.stringContaining("SUCCESS") };
  expect(await promtool("check", "rules", join(folder, "bridge.rules.yml"))).toEqual(passed);
  expect(await promtool("test", "rules", file)).toEqual(passed);
});

test("every alert has a case above", async () => {
  const text = await readFile(join(folder, "bridge.rules.yml"), "utf8");
  const alerts = [...text.matchAll(/alert: (\w+)/g)].map(([, name]) => name);
  expect(new Set(alerts)).toEqual(new Set(cases.flatMap((one) => one.alerts)));
});

test(
  "a wrong signing secret, a stopped Kafka and a full Redis each raise their alert in a real Prometheus",
  { timeout: 240_000 },
  async () => {
    await using redis = await reserveRedis();
    await using kafka = await reserveKafka();
    const [redisServer, kafkaServer] = await Promise.all([redis.start(), kafka.start()]);
    await using bridge = await openBridge({ redisUrl: redisServer.url, kafkaBrokers: kafkaServer.brokers });
    const [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
    // The waiting times are tested by promtool.
    const rules = (await readFile(join(folder, "bridge.rules.yml"), "utf8")).replaceAll(/for: \w+/g, "for: 0s");
    const prometheus = await startPrometheus({ targets: [api.url, worker.url], rules });
    const fires = (alert: string) =>
      waitFor(`${alert} fires`, async () => (await prometheus.firing()).includes(alert), {
        deadlineMs: 100_000,
        intervalMs: 500,
      });
    await waitFor(
      "Prometheus has scraped both programs, and no alert fires",
      async () => {
        const scraped = await prometheus.query("count(bridge_build_info) == 2");
        return scraped.length > 0 && (await prometheus.firing()).length === 0;
      },
      { deadlineMs: 30_000 },
    );

    const sendBurst = (count: number, secret?: string) =>
      Promise.all(
        Array.from({ length: count }, (_, index) => {
          const { message } = userMessage("user.created", makeUser(), index + 1);
          const user = { ...makeUser(), firstName: "x".repeat(20_000) };
          if (secret === undefined) return send(api.url, userMessage("user.created", user, index + 1).message);
          return post(api.url, message.body, signatureHeaders(message, { secret }));
        }),
      );
    await sendBurst(5, `whsec_${Buffer.from("the secret of another endpoint!!").toString("base64")}`);
    await fires("BridgeSignaturesWrong");

    await kafkaServer.kill();
    await bridge.redis.config("SET", "maxmemory", "16mb");
    let refused = 0;
    const fill = async () => {
      const answers = await sendBurst(20);
      refused += answers.filter(({ status }) => status === 503).length;
      return refused > 100;
    };
    await waitFor("Redis refuses messages", fill, { deadlineMs: 60_000, intervalMs: 10 });
    const expected = ["BridgeBacklogOld", "BridgeReceiverBurnsErrorBudgetFast", "BridgeRedisNearlyFull"];
    await Promise.all(expected.map(fires));
    expect(await prometheus.firing()).toEqual(expect.arrayContaining(expected));
  },
);
