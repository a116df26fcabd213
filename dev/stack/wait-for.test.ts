import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { waitFor } from "./wait-for.ts";

const options = { deadlineMs: 30, intervalMs: 1 };

test.for<[name: string, condition: () => Promise<boolean> | boolean]>([
  ["is false at once", () => false],
  ["is false a little later", () => delay(1, false)],
  ["hangs", () => new Promise(() => {})],
])("the wait for a condition that %s ends at the deadline", async ([, condition]) => {
  await expect(waitFor("it is true", condition, options)).rejects.toThrow(
    "Timed out after 30 ms waiting until it is true",
  );
});

test("the error at the deadline names the last error of the condition", async () => {
  const failing = () => {
    throw new Error("no connection");
  };
  await expect(waitFor("it is true", failing, options)).rejects.toThrow("until it is true: no connection");
});

test("the value of the condition is returned as soon as it is truthy", async () => {
  let checks = 0;
  expect(await waitFor("it is 3", () => (checks += 1) === 3 && checks, { deadlineMs: 10_000 })).toBe(3);
});
