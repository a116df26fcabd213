import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { openUserFiles } from "./user-files.ts";

const views = fc.array(fc.tuple(fc.stringMatching(/^user_[a-z0-9]{1,2}$/), fc.string({ unit: "binary" })));

test("every user comes once, with all entries in the order in which they were added", async () => {
  await fc.assert(
    fc.asyncProperty(views, async (added) => {
      await using files = openUserFiles((json) => z.string().parse(json));
      for (const [userId, view] of added) await files.add(userId, view);
      const found: [string, readonly string[]][] = [];
      for await (const group of files.groups()) found.push(...group);
      const expected = Map.groupBy(added, ([userId]) => userId);
      expect(new Map(found)).toEqual(
        new Map([...expected].map(([userId, each]) => [userId, each.map(([, view]) => view.toWellFormed())])),
      );
      expect(found).toHaveLength(expected.size);
    }),
    { numRuns: 20 },
  );
});

test("more entries than fit into the buffers come back, and no group has many of the users", async () => {
  await using files = openUserFiles((json) => z.string().parse(json));
  const long = "x".repeat(10_000);
  for (let at = 0; at < 2_000; at += 1) await files.add(`user_${at}`, long);
  const sizes: number[] = [];
  for await (const group of files.groups()) sizes.push(group.size);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(2_000);
  expect(Math.max(...sizes)).toBeLessThan(100);
});

test("the files have no name, so that nothing is left of them when the process is killed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "user-files-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  vi.stubEnv("TMPDIR", folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  await using files = openUserFiles((json) => json);
  await files.add("user_1", 1);
  expect(await readdir(folder)).toEqual([]);
});

test("a folder that cannot be written is named with its variable, and nothing else fails", async () => {
  vi.stubEnv("TMPDIR", "/proc");
  onTestFinished(() => void vi.unstubAllEnvs());
  const add = async () => {
    await using files = openUserFiles((json) => json);
    await files.add("user_1", 1);
  };
  await expect(add()).rejects.toThrow(/^TMPDIR: temporary files cannot be written in \/proc/);
});
