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
export const formatTable = (rows: readonly Row[]): string =>
  formatColumns(
    [columns, ...rows].map(({ what, ours, other, ratio, target, met }) => [what, ours, other, ratio, target, met]),
  );

/** Formats rows of cells in the same way. The first row is the head. */
export function formatColumns(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  return [head, widths.map((width) => "-".repeat(width)), ...body].map(line).join("\n");
}
