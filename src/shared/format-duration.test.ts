import { expect, test } from "vitest";
import { formatDuration } from "./format-duration.ts";

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
