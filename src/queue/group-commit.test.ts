import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createGroupCommit } from "./group-commit.ts";

/** A store whose writes end when the test says so. */
function openStore(maxItems = 3) {
  const writes: { items: readonly number[]; end: PromiseWithResolvers<void> }[] = [];
  const add = createGroupCommit<number>({
    maxItems,
    write: (items) => {
      const end = Promise.withResolvers<void>();
      writes.push({ items, end });
      return end.promise;
    },
  });
  return { add, writes };
}

/** Lets everything that can go on by itself go on. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("Group commit", () => {
  test("writes an item that comes alone in the same turn and alone", async () => {
    const { add, writes } = openStore();
    const added = add(1);
    await settle();
    expect(writes.map(({ items }) => items)).toEqual([[1]]);
    writes[0]?.end.resolve();
    await expect(added).resolves.toBeUndefined();
  });

  test("gathers what comes in one turn", async () => {
    const { add, writes } = openStore();
    const added = [1, 2].map(add);
    await settle();
    expect(writes.map(({ items }) => items)).toEqual([[1, 2]]);
    writes[0]?.end.resolve();
    await expect(Promise.all(added)).resolves.toHaveLength(2);
  });

  test("gathers what comes while it writes, up to the limit, in order", async () => {
    const { add, writes } = openStore();
    const first = add(1);
    await settle();
    const added = [first, ...[2, 3, 4, 5].map(add)];
    for (let at = 0; at < 3; at += 1) {
      writes[at]?.end.resolve();
      await settle();
    }
    expect(writes.map(({ items }) => items)).toEqual([[1], [2, 3, 4], [5]]);
    await expect(Promise.all(added)).resolves.toHaveLength(5);
  });

  test("resolves an item not before the write that holds it has ended", async () => {
    const { add, writes } = openStore();
    const done: number[] = [];
    const addAndTell = (item: number) => add(item).then(() => done.push(item));
    const first = addAndTell(1);
    await settle();
    const added = [first, addAndTell(2)];
    await settle();
    expect(done).toEqual([]);
    writes[0]?.end.resolve();
    await settle();
    expect(done).toEqual([1]);
    writes[1]?.end.resolve();
    await Promise.all(added);
    expect(done).toEqual([1, 2]);
  });

  test("fails at once all that wait when a write fails, and then starts afresh", async () => {
    const { add, writes } = openStore();
    const addAndHear = (item: number) => add(item).catch((error: unknown) => error);
    const first = addAndHear(1);
    await settle();
    const added = [first, ...[2, 3, 4, 5].map(addAndHear)];
    const away = new Error("away");
    writes[0]?.end.reject(away);
    expect(await Promise.all(added)).toEqual(Array.from({ length: 5 }, () => away));
    expect(writes).toHaveLength(1);

    const after = add(6);
    await settle();
    expect(writes[1]?.items).toEqual([6]);
    writes[1]?.end.resolve();
    await expect(after).resolves.toBeUndefined();
  });

  test("writes each item once, one write at a time, whatever comes when", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.constant("add" as const), fc.constant("end" as const)), { maxLength: 60 }),
        fc.integer({ min: 1, max: 5 }),
        async (moves, maxItems) => {
          const { add, writes } = openStore(maxItems);
          const added: Promise<void>[] = [];
          let ended = 0;
          for (const move of moves) {
            if (move === "add") added.push(add(added.length));
            else if (ended < writes.length) writes[ended++]?.end.resolve();
            await settle();
            expect(writes.length - ended).toBeLessThanOrEqual(1);
          }
          for (; ended < writes.length; await settle()) writes[ended++]?.end.resolve();
          await Promise.all(added);
          expect(writes.flatMap(({ items }) => items)).toEqual(added.map((_, item) => item));
          expect(Math.max(0, ...writes.map(({ items }) => items.length))).toBeLessThanOrEqual(maxItems);
        },
      ),
      { numRuns: 50 },
    );
  });
});
