import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

// Writes the package as it is published: JavaScript with types and source maps, and a package.json of its own. The repository itself
// imports the TypeScript. The argument is the folder; default: dist.
const folder = resolve(process.argv[2] ?? join(import.meta.dirname, "dist"));
rmSync(folder, { recursive: true, force: true });
const tsc = resolve(import.meta.dirname, "../../node_modules/.bin/tsc");
execFileSync(tsc, ["-p", join(import.meta.dirname, "tsconfig.build.json"), "--outDir", folder], { stdio: "inherit" });

const { name, version, description, license, engines } = JSON.parse(
  readFileSync(join(import.meta.dirname, "package.json"), "utf8"),
);
const published = {
  name,
  version,
  description,
  license,
  type: "module",
  sideEffects: false,
  exports: { ".": { types: "./index.d.ts", default: "./index.js" } },
  files: ["*.js", "*.js.map", "*.d.ts"],
  engines,
  dependencies: { zod: "^4.0.0" },
};
writeFileSync(join(folder, "package.json"), `${JSON.stringify(published, undefined, 2)}\n`);
copyFileSync(join(import.meta.dirname, "README.md"), join(folder, "README.md"));
copyFileSync(resolve(import.meta.dirname, "../../LICENSE"), join(folder, "LICENSE"));
