import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { stringify } from "yaml";
import { z } from "zod";
import { createFreshFolder } from "../../../dev/stack/folders.ts";
import { findFreePort } from "../../../dev/stack/free-port.ts";
import { installUnless } from "../../../dev/stack/install-with-apt.ts";
import { spawnTied } from "../../../dev/stack/spawn-tied.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

export interface PrometheusOptions {
  /** The addresses of the programs, such as `http://127.0.0.1:3007`. Each is scraped once a second. */
  readonly targets: readonly string[];
  /** The text of a file of rules, evaluated once a second. */
  readonly rules?: string;
}

/** A sample of a query's result. */
interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface PrometheusServer {
  /** The result of an instant query. Throws what Prometheus says when the query is wrong. */
  query(expr: string): Promise<readonly Sample[]>;
  /** The names of the alerts that fire now, each once. */
  firing(): Promise<readonly string[]>;
}

const answerSchema = z.object({
  data: z.object({
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        value: z.tuple([z.number(), z.string().transform(Number)]),
      }),
    ),
  }),
});
const alertsSchema = z.object({
  data: z.object({ alerts: z.array(z.object({ state: z.string(), labels: z.object({ alertname: z.string() }) })) }),
});

/** Installs Prometheus with promtool on Debian and Ubuntu as root. */
export const installPrometheus = () => installUnless(["promtool", "--version"], ["prometheus"]);

/** Starts a Prometheus on a free port of the loopback address; ends with the test. */
export async function startPrometheus({ targets, rules }: PrometheusOptions): Promise<PrometheusServer> {
  await installPrometheus();
  const folder = await createFreshFolder();
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const [port, configFile, rulesFile] = [
    await findFreePort(),
    join(folder, "prometheus.yml"),
    join(folder, "rules.yml"),
  ];
  if (rules !== undefined) await writeFile(rulesFile, rules);
  const config = {
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    scrape_configs: [{ job_name: "bridge", static_configs: [{ targets: targets.map((url) => new URL(url).host) }] }],
    ...(rules !== undefined && { rule_files: [rulesFile] }),
  };
  await writeFile(configFile, stringify(config));
  const server = spawnTied(
    "prometheus",
    [
      `--config.file=${configFile}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { logFile: join(folder, "log"), env: { PATH: process.env["PATH"] } },
  );
  onTestFinished(server.stop);
  const url = `http://127.0.0.1:${port}`;
  const ask = async (path: string): Promise<unknown> => {
    const response = await fetch(`${url}${path}`);
    if (!response.ok) throw new Error(`Prometheus answers ${response.status}: ${await response.text()}`);
    return response.json();
  };
  await waitFor("Prometheus is ready", async () => (await fetch(`${url}/-/ready`)).ok, { deadlineMs: 30_000 });
  return {
    query: async (expr) => {
      const { data } = answerSchema.parse(
        await ask(`/api/v1/query?${new URLSearchParams({ query: expr }).toString()}`),
      );
      return data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value }));
    },
    firing: async () => {
      const { data } = alertsSchema.parse(await ask("/api/v1/alerts"));
      const firing = data.alerts.filter(({ state }) => state === "firing");
      return [...new Set(firing.map(({ labels }) => labels.alertname))];
    },
  };
}
