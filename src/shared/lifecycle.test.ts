import { expect, onTestFinished, test, vi } from "vitest";
import { Lifecycle, onStopSignal } from "./lifecycle.ts";
import { createLogger } from "./logger.ts";

function openLifecycle() {
  let log = "";
  const lifecycle = new Lifecycle(createLogger("test", "info", { write: (line) => void (log += line) }));
  return { lifecycle, log: () => log };
}

test("What was taken last is given back first, one after the other", async () => {
  const { lifecycle } = openLifecycle();
  const order: string[] = [];
  for (const name of ["first", "second", "third"]) {
    lifecycle.onStop(name, async () => {
      await Promise.resolve();
      order.push(name);
    });
  }
  await lifecycle.stop();
  expect(order).toEqual(["third", "second", "first"]);
});

test("A release that fails is told, and keeps no other from its turn", async () => {
  const { lifecycle, log } = openLifecycle();
  const order: string[] = [];
  lifecycle.onStop("first", () => void order.push("first"));
  lifecycle.onStop("second", () => Promise.reject(new Error("it would not")));
  lifecycle.onStop("third", () => {
    throw new Error("nor this");
  });
  await lifecycle.stop();
  expect(order).toEqual(["first"]);
  expect(log()).toMatch(/process\.release_failed[^]*third[^]*nor this[^]*second[^]*it would not/);
});

test("Stopping twice releases once", async () => {
  const { lifecycle } = openLifecycle();
  let releases = 0;
  lifecycle.onStop("it", () => void (releases += 1));
  await Promise.all([lifecycle.stop(), lifecycle.stop()]);
  await lifecycle.stop();
  expect(releases).toBe(1);
});

test("A release that never ends is given up in time for the others, and is told", async () => {
  const { lifecycle, log } = openLifecycle();
  const order: string[] = [];
  const endless = () => new Promise<void>(() => {});
  lifecycle.onStop("first", () => void order.push("first"));
  lifecycle.onStop("second", endless);
  lifecycle.onStop("third", () => void order.push("third"));
  lifecycle.onStop("fourth", endless);
  const startedAt = performance.now();
  await lifecycle.stop(100);
  expect(order).toEqual(["third", "first"]);
  expect(performance.now() - startedAt).toBeGreaterThan(70);
  expect(log()).toMatch(/process\.release_failed[^]*fourth[^]*not released[^]*second[^]*not released/);
});

test("A Ctrl-C that arrives twice, as from npm, stops once, and a later one ends the process at once", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const stop = vi.fn<(signal: NodeJS.Signals) => void>();
  onStopSignal(["SIGUSR2"], stop);
  for (const _ of ["from the terminal", "from npm"]) process.emit("SIGUSR2", "SIGUSR2");
  expect(stop.mock.calls).toEqual([["SIGUSR2"]]);
  expect(process.listenerCount("SIGUSR2")).toBe(1);
  vi.advanceTimersByTime(500);
  // Without a listener, a signal ends the process.
  expect(process.listenerCount("SIGUSR2")).toBe(0);
});
