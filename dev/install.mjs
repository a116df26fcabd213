// Runs before `npm run dev`, `npm test` and friends, on whatever Node the machine has: plain JavaScript, no packages.
// Installs node_modules (which brings Node 24) when it is missing or older than the lock file; otherwise it costs milliseconds.
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";

const changedAt = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

if (changedAt("node_modules/.package-lock.json") < changedAt("package-lock.json")) {
  console.log("Installing packages …");
  execFileSync("npm", ["ci", "--no-fund", "--no-audit", "--loglevel=error"], { stdio: "inherit" });
}
