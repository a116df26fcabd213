import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { format } from "oxfmt";
import { redisKeys } from "../../src/redis/key-descriptions.ts";
import { buildBridgeDashboard } from "../dashboards/bridge-dashboard.ts";
import { buildUserApiDashboard } from "../dashboards/user-api-dashboard.ts";
import { eventJsonSchemas } from "./event-json-schemas.ts";
import { renderConfigurationPage, renderEnvExample } from "./render-configuration.ts";
import { renderHelmValues } from "./render-helm-values.ts";
import { renderLayers } from "./render-layers.ts";
import { renderMetrics } from "./render-metrics.ts";

const dashboards = { bridge: buildBridgeDashboard, "user-api": buildUserApiDashboard };

const root = join(import.meta.dirname, "../..");

export interface GeneratedDocument {
  /** Relative to the project's root. */
  readonly path: string;
  /** The whole expected content of the file. */
  render(): Promise<string>;
}

/** Every file, and every part of a file, that `npm run docs` writes from the code. */
export const generatedDocuments: readonly GeneratedDocument[] = [
  { path: ".env.example", render: async () => renderEnvExample() },
  { path: "docs/configuration.md", render: async () => renderConfigurationPage() },
  part("docs/architecture.md", "layers", async () => `\`\`\`mermaid\n${await renderLayers()}\n\`\`\``),
  part("docs/operations.md", "metrics", async () => renderMetrics()),
  part("deploy/helm/clerk-kafka-bridge/README.md", "values", async () => renderHelmValues()),
  {
    path: "deploy/helm/clerk-kafka-bridge/files/bridge.rules.yml",
    render: () => readFile(join(root, "deploy/prometheus/bridge.rules.yml"), "utf8"),
  },
  part("docs/redis.md", "keys", async () => renderRedisKeys()),
  ...Object.entries(dashboards).map(([name, build]) => json(`deploy/grafana/${name}.json`, build())),
  ...Object.entries(eventJsonSchemas()).map(([name, schema]) => json(`docs/events/${name}.schema.json`, schema)),
];

/** The part of a handwritten file between `<!-- begin: name -->` and `<!-- end: name -->`. */
function part(path: string, name: string, renderPart: () => Promise<string>): GeneratedDocument {
  const [begin, end] = [`<!-- begin: ${name} -->`, `<!-- end: ${name} -->`];
  return {
    path,
    async render() {
      const text = await readFile(join(root, path), "utf8");
      const [from, to] = [text.indexOf(begin), text.indexOf(end)];
      if (from < 0 || to < from) throw new Error(`${path} lacks ${begin} or ${end}`);
      return `${text.slice(0, from + begin.length)}\n\n${await renderPart()}\n\n${text.slice(to)}`;
    },
  };
}

function json(path: string, value: unknown): GeneratedDocument {
  return {
    path,
    render: async () => (await format(path, JSON.stringify(value), { printWidth: 120 })).code,
  };
}

/** All Redis keys as a table for `docs/redis.md`. */
function renderRedisKeys(): string {
  const rows = redisKeys.map(
    ({ pattern, type, holds, ifLost }) => `| \`${pattern}\` | ${type} | ${holds} | ${ifLost} |`,
  );
  return `| key | type | holds | if it is lost |\n| --- | --- | --- | --- |\n${rows.join("\n")}`;
}
