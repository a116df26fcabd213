import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

test("every threat in docs/threat-model.md names a measure and a file that exists and covers it", () => {
  const rows = readFileSync(join(root, "docs/threat-model.md"), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| ") && !/^\| (threat|---)/.test(line))
    .map((line) => line.split(" | "));
  expect(rows.length).toBeGreaterThan(25);
  const uncovered = rows.filter(([, measure = "", covered = ""]) => {
    const files = [...covered.matchAll(/`([^`]+)`/g)].map(([, file = ""]) => file);
    return measure === "" || files.length === 0 || files.some((file) => !existsSync(join(root, file)));
  });
  expect(uncovered).toEqual([]);
});
