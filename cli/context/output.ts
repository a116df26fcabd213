/** Where a command writes: sentences for people, or one JSON document for programs. */
export interface Output {
  /** Whether the caller asked for JSON. */
  readonly json: boolean;
  /** A line for people on standard output; nothing with `--json`. */
  print(line: string): void;
  /** The result as JSON on standard output; nothing without `--json`. To be called once. */
  result(value: unknown): void;
  /** A line on standard error, in both cases: about the progress, not the result. */
  note(line: string): void;
}

export const createOutput = (json: boolean): Output => ({
  json,
  print: (line) => void (json || process.stdout.write(`${line}\n`)),
  result: (value) => void (json && process.stdout.write(`${JSON.stringify(value, writeBigInt, 2)}\n`)),
  note: (line) => void process.stderr.write(`${line}\n`),
});

const writeBigInt = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);

/** Ends quietly when the reader closes the pipe, as `bridge tail | head` does. */
export function endWithClosedPipe(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });
}

/** Columns as wide as their widest cell; numbers stand at the right. The first row has the headings. */
export function formatTable(rows: readonly (readonly (string | number)[])[]): string[] {
  const [headings = []] = rows;
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => String(row[column] ?? "").length)));
  const isNumeric = headings.map((_, column) =>
    rows.slice(1).every((row) => /^[\d,.]*$|^-$/.test(String(row[column]))),
  );
  return rows.map((row) =>
    row
      .map((cell, column) =>
        isNumeric[column] ? String(cell).padStart(widths[column] ?? 0) : String(cell).padEnd(widths[column] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
}
