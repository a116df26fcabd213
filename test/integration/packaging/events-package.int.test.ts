import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { execa } from "execa";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publint } from "publint";
import { afterAll, beforeAll, expect, test } from "vitest";
import { repositoryFolder } from "../../../dev/stack/folders.ts";

let folder: string;
let project: string;
let archive: string;

/** Packs the built package and installs it into an empty project. Its one dependency is linked, so that no registry is needed. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bridge-events-"));
  const built = join(folder, "built");
  project = join(folder, "project");
  const installed = join(project, "node_modules/@clerk-kafka-bridge/events");
  await mkdir(installed, { recursive: true });
  await execa(process.execPath, ["packages/events/build.ts", built], { cwd: repositoryFolder });
  const { stdout } = await execa("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: built });
  archive = join(folder, stdout.trim());
  await execa("tar", ["-xzf", archive, "-C", installed, "--strip-components=1"]);
  await symlink(join(repositoryFolder, "node_modules/zod"), join(project, "node_modules/zod"));
  await writeFile(join(project, "package.json"), '{ "type": "module" }');
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test("the published archive has the code, types, source maps, the licence and nothing else", async () => {
  const { stdout } = await execa("tar", ["-tzf", archive]);
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

test("publint and arethetypeswrong find nothing in the published archive", async () => {
  const tarball = new Uint8Array(await readFile(archive));
  const { messages } = await publint({ pack: { tarball: tarball.buffer }, strict: true });
  expect(messages).toEqual([]);
  const types = await checkPackage(createPackageFromTarballData(tarball));
  // The package has no CommonJS form: Node 20 and newer load it with `require` all the same.
  const problems = types.types === false ? ["no types"] : types.problems.map(({ kind }) => kind);
  expect(new Set(problems)).toEqual(new Set(["CJSResolvesToESM"]));
});

const program = `
  import { parseUserEvent } from "@clerk-kafka-bridge/events";
  const data = { id: "user_1", emailAddress: [] };
  const event = { eventId: "3f2c1a50-1111-5222-8333-444455556666", eventType: "user.deleted", timestamp: "2026-01-31T09:30:00Z", data };
  const headers = { ce_sequence: "2", ce_origin: "webhook" };
  const parsed = parseUserEvent({ key: "user_1", value: JSON.stringify(event), headers });
  console.log(parsed.outcome === "event" ? parsed.event.eventType : parsed.reason);
`;

test("the installed package runs as plain JavaScript", async () => {
  await writeFile(join(project, "program.js"), program);
  const { stdout } = await execa(process.execPath, ["program.js"], { cwd: project });
  expect(stdout).toBe("user.deleted");
});

test.for([
  { module: "nodenext", moduleResolution: "nodenext" },
  { module: "esnext", moduleResolution: "bundler" },
])("the installed package has types with module resolution $moduleResolution", async ({ module, moduleResolution }) => {
  await writeFile(join(project, "program.ts"), program);
  await writeFile(join(project, "mistake.ts"), program.replace("event.eventType :", "event.kind :"));
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
      cwd: project,
      reject: false,
      all: true,
    });
  expect(await compile("program.ts")).toMatchObject({ all: "", exitCode: 0 });
  expect((await compile("mistake.ts")).all).toContain("Property 'kind' does not exist");
});
