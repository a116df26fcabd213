import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { init, type EChartsOption } from "echarts";
import type { GrowthFigures } from "../growth/growth.ts";
import type { Row } from "./rows.ts";
import { quantile } from "./statistics.ts";

const size = { width: 760, height: 380 };
/** Colours that are readable on a light and on a dark page, whose own background shows through. */
const textColor = "#7d8590";
const colors = ["#3b82f6", "#f59e0b", "#10b981", "#ef4444", "#a855f7"];

/** Draws a chart as SVG, without a browser. */
function draw(option: EChartsOption): string {
  const chart = init(null, null, { renderer: "svg", ssr: true, ...size });
  chart.setOption({
    animation: false,
    backgroundColor: "transparent",
    color: colors,
    textStyle: { color: textColor, fontFamily: "system-ui, sans-serif" },
    ...option,
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

const axis = (name: string) => ({
  name,
  nameLocation: "middle" as const,
  nameGap: 32,
  axisLabel: { color: textColor },
  nameTextStyle: { color: textColor },
  splitLine: { lineStyle: { color: textColor, opacity: 0.2 } },
});
const legend = { top: 0, textStyle: { color: textColor } };

const percentiles = Array.from({ length: 100 }, (_, percent) => percent);

/** The latency below which each part of the messages lies, a line for each load and for the floor. */
const drawLatencies = (series: readonly { readonly name: string; readonly values: readonly number[] }[]): string =>
  draw({
    legend,
    grid: { left: 70, right: 24, top: 60, bottom: 56 },
    xAxis: { ...axis("part of the messages, %"), type: "value", min: 0, max: 100 },
    yAxis: { ...axis("latency, ms"), nameGap: 46, type: "log", min: 1 },
    series: series.map(({ name, values }) => ({
      name,
      type: "line",
      showSymbol: false,
      data: percentiles.map((percent) => [percent, Number(quantile(values, percent / 100).toFixed(2))]),
    })),
  });

/** How many times faster our bridge is than each other system. */
const drawRatios = (bars: readonly { readonly name: string; readonly ratio: number }[]): string =>
  draw({
    grid: { left: 330, right: 60, top: 12, bottom: 48 },
    xAxis: { ...axis("ours / the other (logarithmic)"), type: "log", min: 0.1 },
    yAxis: { type: "category", inverse: true, data: bars.map(({ name }) => name), axisLabel: { color: textColor } },
    series: [
      {
        type: "bar",
        data: bars.map(({ ratio }) => Number(ratio.toFixed(2))),
        label: { show: true, position: "right", color: textColor },
        markLine: { symbol: "none", data: [{ xAxis: 1 }], lineStyle: { color: textColor }, label: { show: false } },
      },
    ],
  });

/** The CPU time of one change in each process, for each number of users. */
const drawCosts = (all: readonly GrowthFigures[]): string =>
  draw({
    legend,
    grid: { left: 70, right: 24, top: 44, bottom: 56 },
    xAxis: { ...axis("users in Clerk"), type: "category", data: all.map(({ users }) => users.toLocaleString("en")) },
    yAxis: { ...axis("CPU time a change, µs"), nameGap: 46, type: "value" },
    series: Object.keys(all[0]?.cpuPerChange ?? {}).map((name) => ({
      name,
      type: "bar",
      stack: "cost",
      data: all.map(({ cpuPerChange }) => Math.round(cpuPerChange[name] ?? 0)),
    })),
  });

/** Writes the charts of the parts into a folder, as far as the rows have what they need. */
export async function writePartCharts(folder: string, rows: readonly Row[]): Promise<void> {
  const latencies = rows.flatMap(({ latency }) => latency ?? []);
  const bars = rows.flatMap(({ rates }) => rates ?? []);
  if (latencies.length > 0) await write(folder, "latency.svg", drawLatencies(latencies));
  if (bars.length > 0) await write(folder, "throughput.svg", drawRatios(bars));
}

export const writeGrowthChart = (folder: string, all: readonly GrowthFigures[]): Promise<void> =>
  write(folder, "growth.svg", drawCosts(all));

async function write(folder: string, name: string, svg: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), `${svg}\n`);
}
