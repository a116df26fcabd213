// Writes a package as it is published: JavaScript with types and source maps, and a package.json of its own. The repository itself imports
// the TypeScript. `node dev/build-package.ts <package> [folder]`; default: packages/<package>/dist.
import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";

const repository = resolve(import.meta.dirname, "..");
const [name = "", target] = process.argv.slice(2);
buildPackage(name, resolve(target ?? join(repository, "packages", name, "dist")));

function buildPackage(packageName: string, folder: string): void {
  const source = join(repository, "packages", packageName);
  const manifest = z
    .looseObject({
      exports: z.record(z.string(), z.string()),
      dependencies: z.record(z.string(), z.string()),
    })
    .parse(JSON.parse(readFileSync(join(source, "package.json"), "utf8")));
  // A package that imports the contract is compiled against the contract's published types.
  if ("@clerk-kafka-bridge/events" in manifest.dependencies) {
    buildPackage("events", join(repository, "packages/events/dist"));
  }
  rmSync(folder, { recursive: true, force: true });
  const tsc = join(repository, "node_modules/.bin/tsc");
  execFileSync(tsc, ["-p", join(source, "tsconfig.build.json"), "--outDir", folder], { stdio: "inherit" });

  const { private: _, scripts: __, ...published } = manifest;
  const publishedManifest = {
    ...published,
    sideEffects: false,
    exports: Object.fromEntries(
      Object.entries(manifest.exports).map(([path, file]) => {
        const built = file.replace("./src/", "./").replace(/\.ts$/, "");
        return [path, { types: `${built}.d.ts`, default: `${built}.js` }];
      }),
    ),
    files: ["*.js", "*.js.map", "*.d.ts"],
    dependencies: { ...manifest.dependencies, zod: "^4.0.0" },
  };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(publishedManifest, undefined, 2)}\n`);
  copyFileSync(join(source, "README.md"), join(folder, "README.md"));
  copyFileSync(join(repository, "LICENSE"), join(folder, "LICENSE"));
}
