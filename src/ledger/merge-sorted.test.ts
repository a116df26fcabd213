import fc from "fast-check";
import { expect, test } from "vitest";
import { type Compare, listOf, sliceOfMerged, type SortedList, without } from "./merge-sorted.ts";
import { compareTexts } from "./user-order.ts";

const texts = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,4}$/), { maxLength: 200 });
const slice = fc.record({ offset: fc.nat({ max: 220 }), limit: fc.integer({ min: 1, max: 30 }) });
const orders = fc.constantFrom<Compare>(compareTexts, (a, b) => compareTexts(b, a));

/** Deals the texts to some lists, unevenly. */
const deal = (all: readonly string[], lists: number) =>
  Array.from({ length: lists }, (_, list) => all.filter((text) => (text.codePointAt(0) ?? 0) % lists === list));

test("a slice of merged lists is the slice of the list that they make together, in both orders", async () => {
  await fc.assert(
    fc.asyncProperty(texts, fc.integer({ min: 1, max: 7 }), slice, orders, async (all, count, wanted, compare) => {
      const lists = deal(all, count).map((part) => listOf(part, compare));
      const expected = all.toSorted(compare).slice(wanted.offset, wanted.offset + wanted.limit);
      expect(await sliceOfMerged(lists, wanted, compare)).toEqual(expected);
    }),
  );
});

test("a list without some texts is the list of the others", async () => {
  const input = fc.tuple(texts, fc.func(fc.boolean()), slice, orders);
  await fc.assert(
    fc.asyncProperty(input, async ([all, isLeft, wanted, compare]) => {
      const left = all.filter((text) => isLeft(text));
      const list = await without(listOf(all, compare), left, compare);
      const others = all.filter((text) => !isLeft(text)).toSorted(compare);
      expect(list.count).toBe(others.length);
      expect(await list.slice(wanted.offset, wanted.limit)).toEqual(
        others.slice(wanted.offset, wanted.offset + wanted.limit),
      );
      for (const [position, text] of others.entries()) {
        expect(await list.at(position)).toBe(text);
        expect(await list.countUpTo(text)).toBe(position + 1);
      }
    }),
  );
});

test("a slice of a million texts takes few rounds at any place", async () => {
  let rounds = 0;
  const shards = 6;
  const size = 1_000_000 / shards;
  const textAt = (shard: number, position: number) => String(position * shards + shard).padStart(7, "0");
  const lists = Array.from({ length: shards }, (_, shard): SortedList => ({
    count: size,
    at: async (position) => {
      rounds += 1;
      return textAt(shard, position);
    },
    countUpTo: async (text) => Math.floor((Number(text) - shard) / shards) + 1,
    slice: async (position, length) => Array.from({ length }, (_each, index) => textAt(shard, position + index)),
  }));
  const at = async (offset: number) => sliceOfMerged(lists, { offset, limit: 1 }, compareTexts);
  expect(await at(0)).toEqual(["0000000"]);
  expect(rounds).toBe(0);
  expect(await at(654_321)).toEqual(["0654321"]);
  expect(rounds).toBeLessThan(40);
});

test("a list that becomes shorter while it is read does not stop the search", async () => {
  const list: SortedList = { ...listOf(["a", "b"], compareTexts), count: 1_000 };
  expect(await sliceOfMerged([list], { offset: 500, limit: 2 }, compareTexts)).toEqual([]);
});
