import type { Row } from "./rows.ts";

const columns = {
  what: "what",
  ours: "ours",
  other: "the other",
  ratio: "ratio (min–max)",
  target: "target",
  met: "met",
} satisfies Row;

/** Formats the report as a table for a terminal, which is also valid Markdown. */
export function formatTable(rows: readonly Row[]): string {
  const cells = [columns, ...rows].map(({ what, ours, other, ratio, target, met }) => [
    what,
    ours,
    other,
    ratio,
    target,
    met,
  ]);
  const widths = Object.keys(columns).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = cells;
  return [head, widths.map((width) => "-".repeat(width)), ...body].map(line).join("\n");
}
