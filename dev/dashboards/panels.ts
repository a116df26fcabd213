import {
  DashboardBuilder,
  DatasourceVariableBuilder,
  ThresholdsConfigBuilder,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { ThresholdsMode } from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TimeSeriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";

/** A value on a panel: a PromQL query and how its series are named. */
export interface Query {
  readonly expr: string;
  /** With labels in braces, such as `shard {{shard}}`. */
  readonly legend: string;
}

/** What a panel shows. `unit` is one of Grafana's unit ids: `s`, `reqps`, `percentunit`, `short`. */
export interface PanelText {
  readonly title: string;
  readonly description: string;
  readonly unit: string;
}

const gridWidth = 24;
const dataSource = { type: "prometheus", uid: "${datasource}" };

/** A dashboard without panels, for any Prometheus data source: the viewer chooses it at the top. */
export const createDashboard = (uid: string, title: string, description: string): DashboardBuilder =>
  new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags(["clerk-kafka-bridge"])
    .refresh("10s")
    .time({ from: "now-1h", to: "now" })
    .timezone("browser")
    .withVariable(new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus"));

/** Lines over time, three panels in a row of the dashboard. */
export function createChart({ title, description, unit }: PanelText, queries: readonly Query[]): TimeSeriesBuilder {
  const panel = new TimeSeriesBuilder()
    .title(title)
    .description(description)
    .datasource(dataSource)
    .unit(unit)
    .min(0)
    .fillOpacity(8)
    .span(gridWidth / 3)
    .height(8);
  for (const query of queries) panel.withTarget(target(query));
  return panel;
}

/** One current value, six in a row of the dashboard. It turns red from `redFrom` on. */
export function createValue({ title, description, unit }: PanelText, expr: string, redFrom?: number): StatBuilder {
  const panel = new StatBuilder()
    .title(title)
    .description(description)
    .datasource(dataSource)
    .unit(unit)
    .span(gridWidth / 6)
    .height(4)
    .withTarget(target({ expr, legend: title }));
  if (redFrom === undefined) return panel;
  const steps = [
    { value: null, color: "green" },
    { value: redFrom, color: "red" },
  ];
  return panel.thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps));
}

const target = ({ expr, legend }: Query) =>
  new DataqueryBuilder().datasource(dataSource).expr(expr).legendFormat(legend);

/** Quantiles of a histogram, for a chart. `labels` are kept apart, and named in the legend. */
export const quantiles = (metric: string, labels: readonly string[] = []): Query[] =>
  [0.5, 0.99].map((quantile) => ({
    expr: `histogram_quantile(${quantile}, sum by (${["le", ...labels].join(", ")}) (rate(${metric}_bucket[$__rate_interval])))`,
    legend: [...labels.map((label) => `{{${label}}}`), `p${quantile * 100}`].join(" "),
  }));

/** The rate of a counter by the values of some labels. */
export const rateBy = (metric: string, ...labels: readonly string[]): Query => ({
  expr: `sum by (${labels.join(", ")}) (rate(${metric}[$__rate_interval]))`,
  legend: labels.map((label) => `{{${label}}}`).join(" "),
});
