// npm run chaos: many users change in Clerk while everything goes wrong that may; then every promise is checked from
// outside. Ends with code 1 when one was broken.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { installPrerequisites } from "../../dev/stack/install-prerequisites.ts";
import { readOptions, usage } from "./options.ts";
import { formatReport } from "./report/format-report.ts";
import { runChaos } from "./run-chaos.ts";

const log = (line: string) => void process.stderr.write(`${line}\n`);

function readOrExplain() {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    log(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(2);
  }
}

const options = readOrExplain();
await installPrerequisites({ redis: true, kafka: true }, log);
log(`Seed ${options.seed}, ${options.minutes} minutes`);
const report = await runChaos(options, log);
const text = formatReport(report);
process.stdout.write(`${text}\n`);
if (report.violations.length > 0) {
  await writeFile(join(report.folder, "report.txt"), text);
  await writeFile(join(report.folder, "violations.json"), JSON.stringify(report.violations, undefined, 2));
}
process.exit(report.violations.length > 0 ? 1 : 0);
