import { existsSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { localFolder } from "../stack/folders.ts";

const version = "4.32.5";

/** The path of `schemathesis`, which is installed into `.local` if it is missing. Needs Python 3 with venv. */
export async function installSchemathesis(): Promise<string> {
  const folder = join(localFolder, `schemathesis-${version}`);
  const program = join(folder, "bin", "schemathesis");
  if (existsSync(program)) return program;
  console.log(`Installing schemathesis ${version} …`);
  await execa("python3", ["-m", "venv", folder]);
  await execa(join(folder, "bin", "pip"), ["install", "--quiet", "--no-input", `schemathesis==${version}`]);
  return program;
}
