import { formatColumns } from "../report/format-table.ts";
import { type GrowthFigures, megabytes } from "./growth.ts";

/** One table with a column for each number of users. */
export function formatGrowth(all: readonly GrowthFigures[]): string {
  const names = (of: (figures: GrowthFigures) => Readonly<Record<string, unknown>>) => [
    ...new Set(all.flatMap((figures) => Object.keys(of(figures)))),
  ];
  const row = (what: string, write: (figures: GrowthFigures) => string) => [what, ...all.map(write)];
  const or = (value: number | undefined, write: (value: number) => string) => (value === undefined ? "" : write(value));
  const total = (figures: GrowthFigures) =>
    Object.values(figures.cpuPerChange).reduce((sum, micros) => sum + micros, 0);
  return formatColumns([
    row("users", ({ users }) => users.toLocaleString("en")),
    row("CPU time a change, µs", (figures) => total(figures).toFixed(0)),
    ...names(({ cpuPerChange }) => cpuPerChange).map((name) =>
      row(`… of ${name}`, ({ cpuPerChange }) => or(cpuPerChange[name], (micros) => micros.toFixed(0))),
    ),
    row("Redis a user, bytes", ({ redisBytesPerUser }) => redisBytesPerUser.toFixed(0)),
    ...names(({ seconds }) => seconds).map((name) =>
      row(`${name}, s`, ({ seconds }) => or(seconds[name], (value) => value.toFixed(1))),
    ),
    ...names(({ peakBytes }) => peakBytes).map((name) =>
      row(`peak memory of ${name}, MB`, ({ peakBytes }) => or(peakBytes[name], megabytes)),
    ),
    ...names(({ operations }) => operations).map((name) =>
      row(`${name}: p50 / p99 ms, CPU ms, Clerk calls`, ({ operations }) => {
        const found = operations[name];
        if (found === undefined) return "";
        const { p50, p99, cpuMs, clerkCalls } = found;
        return `${p50.toFixed(1)} / ${p99.toFixed(1)}, ${cpuMs.toFixed(1)}, ${Number(clerkCalls.toFixed(1))}`;
      }),
    ),
  ]);
}
