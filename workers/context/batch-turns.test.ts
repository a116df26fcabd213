import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type BatchTurn, createBatchTurns } from "./batch-turns.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

/** Asks for turns and collects those that were given, by name. */
async function askFor(names: readonly string[], isBusy: () => boolean = () => true) {
  const take = createBatchTurns(isBusy);
  const given = new Map<string, BatchTurn>();
  const ask = async (more: readonly string[]) => {
    for (const name of more) void take().then((turn) => given.set(name, turn));
    await nextTurn();
    return [...given.keys()].join("");
  };
  const end = async (name: string) => {
    given.get(name)?.[Symbol.dispose]();
    await nextTurn();
    return [...given.keys()].join("");
  };
  return { given, ask, end, first: await ask(names) };
}

test("three shards of a busy worker have a turn, and the others follow in the order in which they asked", async () => {
  const { given, first, end } = await askFor("abcde".split(""));
  expect(first).toBe("abc");
  expect(await end("b")).toBe("abcd");
  expect(await end("b")).toBe("abcd");
  expect(await end("a")).toBe("abcde");
  expect([...given.values()].map(({ hasWaited }) => hasWaited)).toEqual([false, false, false, true, true]);
});

test("a worker that is not busy has no limit, and has one again as soon as it is", async () => {
  let isBusy = false;
  const { first, ask, end } = await askFor("abcde".split(""), () => isBusy);
  expect(first).toBe("abcde");
  isBusy = true;
  expect(await ask(["f"])).toBe("abcde");
  for (const name of "ab".split("")) expect(await end(name)).toBe("abcde");
  expect(await end("c")).toBe("abcdef");
});

test("shards that wait begin when the worker is no longer busy, however many others have a turn", async () => {
  let isBusy = true;
  const { first, ask, end } = await askFor("abcde".split(""), () => isBusy);
  expect(first).toBe("abc");
  isBusy = false;
  expect(await ask(["f"])).toBe("abcdef");
  isBusy = true;
  expect(await ask(["g", "h"])).toBe("abcdef");
  isBusy = false;
  expect(await end("a")).toBe("abcdefgh");
});

test("a turn that ended is free for a shard that asks later, without waiting", async () => {
  const { given, ask, end } = await askFor("abc".split(""));
  await end("a");
  expect(await ask(["d"])).toBe("abcd");
  expect(given.get("d")?.hasWaited).toBe(false);
});

test("a batch that hangs holds up the other shards for half a second, and its end gives no second turn", async () => {
  const { first, ask, end } = await askFor("abc".split(""));
  expect(first).toBe("abc");
  expect(await ask(["d", "e", "f", "g"])).toBe("abc");
  vi.advanceTimersByTime(499);
  expect(await end("none")).toBe("abc");
  vi.advanceTimersByTime(1);
  expect(await end("none")).toBe("abcdef");
  for (const name of "abc".split("")) expect(await end(name)).toBe("abcdef");
  expect(await end("d")).toBe("abcdefg");
});
