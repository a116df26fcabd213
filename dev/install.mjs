// Runs before `npm run dev`, `npm test` and similar scripts with the machine's own Node: plain JavaScript without packages.
// Installs node_modules (which contains Node 24) if it is missing or older than the lock file. Otherwise takes milliseconds.
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";

const changedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

if (changedAt("node_modules/.package-lock.json") < changedAt("package-lock.json")) {
  console.log("Installing packages …");
  execFileSync("npm", ["ci", "--no-fund", "--no-audit", "--loglevel=error"], { stdio: "inherit" });
}
