import { execa } from "execa";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { contractProgram, type PackedPackages, packPackages, projectionProgram } from "../../support/pack-packages.ts";

let packed: PackedPackages;
beforeAll(async () => {
  packed = await packPackages();
}, 120_000);
afterAll(() => packed[Symbol.asyncDispose]());

test.for<[version: number, name: string, program: string, printed: string]>([
  [20, "contract", contractProgram, "user.deleted"],
  [22, "contract", contractProgram, "user.deleted"],
  [24, "contract", contractProgram, "user.deleted"],
  [22, "projection", projectionProgram, "value.eventType: invalid_union function"],
  [24, "projection", projectionProgram, "value.eventType: invalid_union function"],
])("Node %i runs the installed %s", { timeout: 120_000 }, async ([version, name, program, printed]) => {
  const file = `${name}-${version}.js`;
  await writeFile(join(packed.project, file), `console.log(process.version);${program}`);
  const node = ["exec", "--yes", `--package=node@${version}`, "--", "node", file];
  const { stdout } = await execa("npm", node, { cwd: packed.project });
  const [running, ...lines] = stdout.split("\n");
  expect(running).toMatch(new RegExp(`^v${version}\\.`));
  expect(lines).toEqual([printed]);
});
