import { expect, test } from "vitest";
import { formatDuration, formatTable } from "./output.ts";

test("a table has columns as wide as their widest cell, with numbers at the right", () => {
  expect(
    formatTable([
      ["NAME", "COUNT", "NOTE"],
      ["a", 5, ""],
      ["longer", 1_234, "x"],
    ]),
  ).toEqual(["NAME    COUNT  NOTE", "a           5", "longer   1234  x"]);
});

test("a duration is shown in the unit that people would use", () => {
  expect([0, 999, 1_000, 119_000, 120_000, 7_200_000, 172_800_000].map(formatDuration)).toEqual([
    "0 ms",
    "999 ms",
    "1 s",
    "119 s",
    "2 min",
    "2 h",
    "2 d",
  ]);
});
