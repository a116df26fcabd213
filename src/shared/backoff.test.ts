import { expect, test } from "vitest";
import { backoffDelayMs } from "./backoff.ts";

test("the delay doubles with each failure up to its maximum, and is 0 without a failure", () => {
  const delays = [0, 1, 2, 3, 4, 5, 6, 5_000].map((failures) =>
    backoffDelayMs({ firstDelayMs: 100, maxDelayMs: 1_500 }, failures),
  );
  expect(delays).toEqual([0, 100, 200, 400, 800, 1_500, 1_500, 1_500]);
});
