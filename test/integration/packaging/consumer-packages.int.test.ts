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
const packages = ["events", "consumer"] as const;
const archives = new Map<string, string>();
const archiveOf = (name: string) => archives.get(name) ?? "";

/** Packs the built packages and installs them into an empty project. Their dependencies are linked, so that no registry is needed. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bridge-packages-"));
  project = join(folder, "project");
  for (const name of packages) {
    const built = join(folder, name);
    const installed = join(project, "node_modules/@clerk-kafka-bridge", name);
    await mkdir(installed, { recursive: true });
    await execa(process.execPath, ["dev/build-package.ts", name, built], { cwd: repositoryFolder });
    const { stdout } = await execa("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: built });
    archives.set(name, join(folder, stdout.trim()));
    await execa("tar", ["-xzf", archiveOf(name), "-C", installed, "--strip-components=1"]);
  }
  for (const dependency of ["zod", "kafkajs"]) {
    await symlink(join(repositoryFolder, "node_modules", dependency), join(project, "node_modules", dependency));
  }
  await writeFile(join(project, "package.json"), '{ "type": "module" }');
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test.for(packages)("the archive of %s has the code, types, source maps, the licence and nothing else", async (name) => {
  const { stdout } = await execa("tar", ["-tzf", archiveOf(name)]);
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
  const tarball = new Uint8Array(await readFile(archiveOf(name)));
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

const program = `
  import { parseUserEvent } from "@clerk-kafka-bridge/events";
  const data = { id: "user_1", emailAddress: [] };
  const event = { eventId: "3f2c1a50-1111-5222-8333-444455556666", eventType: "user.deleted", timestamp: "2026-01-31T09:30:00Z", data };
  const headers = { ce_sequence: "2", ce_origin: "webhook" };
  const parsed = parseUserEvent({ key: "user_1", value: JSON.stringify(event), headers });
  console.log(parsed.outcome === "event" ? parsed.event.eventType : parsed.reason);
`;

test("the installed contract runs as plain JavaScript", async () => {
  await writeFile(join(project, "program.js"), program);
  const { stdout } = await execa(process.execPath, ["program.js"], { cwd: project });
  expect(stdout).toBe("user.deleted");
});

test("the installed projection runs as plain JavaScript", async () => {
  await writeFile(
    join(project, "projection.js"),
    `
      import { createMemoryStore, createUserProjection } from "@clerk-kafka-bridge/consumer";
      import { createKafkajsSource } from "@clerk-kafka-bridge/consumer/kafkajs";
      const store = createMemoryStore();
      const projection = createUserProjection({ store, onInvalid: ({ reason }) => console.log(reason, typeof createKafkajsSource) });
      await projection.apply({ topic: "user.events", partition: 0, offset: 0n, key: "user_1", value: "{}" });
    `,
  );
  const { stdout } = await execa(process.execPath, ["projection.js"], { cwd: project });
  expect(stdout).toBe("value.eventType: invalid_union function");
});

test.for([
  { module: "nodenext", moduleResolution: "nodenext" },
  { module: "esnext", moduleResolution: "bundler" },
])(
  "the installed contract has types with module resolution $moduleResolution",
  async ({ module, moduleResolution }) => {
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
  },
);
