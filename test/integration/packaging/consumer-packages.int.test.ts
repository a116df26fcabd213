import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { execa } from "execa";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { publint } from "publint";
import { afterAll, beforeAll, expect, test } from "vitest";
import { repositoryFolder } from "../../../dev/stack/folders.ts";
import {
  contractProgram,
  type PackedPackages,
  packages,
  packPackages,
  projectionProgram,
} from "../../support/pack-packages.ts";

let packed: PackedPackages;
beforeAll(async () => {
  packed = await packPackages();
}, 120_000);
afterAll(() => packed[Symbol.asyncDispose]());

test.for(packages)("the archive of %s has the code, types, source maps, the licence and nothing else", async (name) => {
  const { stdout } = await execa("tar", ["-tzf", packed.archiveOf(name)]);
  const kinds = new Set(
    stdout.split("\n").map((path) => path.replace(/^package\/[a-z-]+\.(?=(d\.ts|js|js\.map)$)/, "*.")),
  );
  expect([...kinds].toSorted()).toEqual([
    "*.d.ts",
    "*.js",
    "*.js.map",
    "package/LICENSE",
    "package/README.md",
    "package/package.json",
  ]);
});

test.for(packages)("publint and arethetypeswrong find nothing in the archive of %s", async (name) => {
  const tarball = new Uint8Array(await readFile(packed.archiveOf(name)));
  const { messages } = await publint({ pack: { tarball: tarball.buffer }, strict: true });
  expect(messages).toEqual([]);
  const types = await checkPackage(createPackageFromTarballData(tarball));
  // The packages have no CommonJS form: the Node versions that they support load them with `require` all the same. Node 10 knows no
  // `exports`, and no supported version of Node has that fault.
  const problems =
    types.types === false
      ? ["no types"]
      : types.problems
          .filter((problem) => !("resolutionKind" in problem) || problem.resolutionKind !== "node10")
          .map(({ kind }) => kind);
  expect(new Set(problems)).toEqual(new Set(["CJSResolvesToESM"]));
});

test("the installed contract runs as plain JavaScript", async () => {
  await writeFile(join(packed.project, "program.js"), contractProgram);
  const { stdout } = await execa(process.execPath, ["program.js"], { cwd: packed.project });
  expect(stdout).toBe("user.deleted");
});

test("the installed projection runs as plain JavaScript", async () => {
  await writeFile(join(packed.project, "projection.js"), projectionProgram);
  const { stdout } = await execa(process.execPath, ["projection.js"], { cwd: packed.project });
  expect(stdout).toBe("value.eventType: invalid_union function");
});

test.for([
  { module: "nodenext", moduleResolution: "nodenext" },
  { module: "esnext", moduleResolution: "bundler" },
])(
  "the installed contract has types with module resolution $moduleResolution",
  async ({ module, moduleResolution }) => {
    await writeFile(join(packed.project, "program.ts"), contractProgram);
    await writeFile(join(packed.project, "mistake.ts"), contractProgram.replace("event.eventType :", "event.kind :"));
    const options = [
      "--noEmit",
      "--strict",
      "--ignoreConfig",
      "--target",
      "es2022",
      "--types",
      "",
      "--lib",
      "es2022,dom",
    ];
    const resolution = ["--module", module, "--moduleResolution", moduleResolution];
    const compile = (file: string) =>
      execa(join(repositoryFolder, "node_modules/.bin/tsc"), [...options, ...resolution, file], {
        cwd: packed.project,
        reject: false,
        all: true,
      });
    expect(await compile("program.ts")).toMatchObject({ all: "", exitCode: 0 });
    expect((await compile("mistake.ts")).all).toContain("Property 'kind' does not exist");
  },
);
