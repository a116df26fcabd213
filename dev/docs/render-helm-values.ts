import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";

const chart = join(import.meta.dirname, "../../deploy/helm/clerk-kafka-bridge");

const valueSchema = z.object({
  description: z.string().optional(),
  get properties() {
    return z.record(z.string(), valueSchema).optional();
  },
});
type ValueSchema = z.infer<typeof valueSchema>;
const objectSchema = z.record(z.string(), z.unknown());

/** A value of the chart: its path, such as `api.replicas`, its default and its description. */
export interface ChartValue {
  readonly path: string;
  readonly description: string;
  /** Undefined when values.yaml does not have it. */
  readonly byDefault: unknown;
}

/** Every value that values.schema.json describes. */
export function readChartValues(): ChartValue[] {
  const schema = valueSchema.parse(JSON.parse(readFileSync(join(chart, "values.schema.json"), "utf8")));
  return valuesOf(schema, parse(readFileSync(join(chart, "values.yaml"), "utf8")), "").filter(
    ({ path }) => path !== "global",
  );
}

function valuesOf({ properties = {} }: ValueSchema, defaults: unknown, prefix: string): ChartValue[] {
  const known = objectSchema.safeParse(defaults).data ?? {};
  return Object.entries(properties).flatMap(([name, schema]): ChartValue[] => {
    const path = `${prefix}${name}`;
    if (schema.properties !== undefined) return valuesOf(schema, known[name], `${path}.`);
    return [{ path, description: schema.description ?? "", byDefault: known[name] }];
  });
}

/** All values as a table for the chart's README. */
export function renderHelmValues(): string {
  const rows = readChartValues().map(
    ({ path, description, byDefault }) => `| \`${path}\` | ${description} | \`${JSON.stringify(byDefault)}\` |`,
  );
  return `| value | meaning | default |\n| --- | --- | --- |\n${rows.join("\n")}`;
}
