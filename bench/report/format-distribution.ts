import { quantile } from "./statistics.ts";

const width = 40;

/** One line for each series: its p50, p90 and p99 in ms, and a bar with the p50 (`█`) and the rest up to the p90 (`░`). */
export function formatDistribution(series: Readonly<Record<string, readonly number[]>>): string[] {
  const rows = Object.entries(series).map(([name, values]) => ({
    name,
    p50: quantile(values, 0.5),
    p90: quantile(values, 0.9),
    p99: quantile(values, 0.99),
  }));
  const longest = Math.max(...rows.map(({ name }) => name.length));
  const scale = width / Math.max(...rows.map(({ p90 }) => p90));
  return rows.map(({ name, p50, p90, p99 }) => {
    const figures = [p50, p90, p99].map((value) => value.toFixed(1).padStart(6)).join(" ");
    const solid = Math.round(p50 * scale);
    return `${name.padEnd(longest)} ${figures} ms  ${"█".repeat(solid)}${"░".repeat(Math.max(0, Math.round(p90 * scale) - solid))}`;
  });
}
