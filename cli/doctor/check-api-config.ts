import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { EnvironmentVariables } from "../../src/shared/environment.ts";
import { messageOf } from "../../src/shared/errors.ts";
import { bad, type Finding, good } from "./finding.ts";

const api = fileURLToPath(new URL("../../src/api/main.ts", import.meta.url));

/**
 * Whether the API would start with this environment. The API itself checks it, in a process of its own: the programs do
 * not import each other.
 */
export async function checkApiConfig(variables: EnvironmentVariables): Promise<Finding[]> {
  const about = "API configuration";
  const { promise, resolve } = Promise.withResolvers<Finding[]>();
  execFile(process.execPath, [api, "--check-config"], { env: { ...variables } }, (error, stdout, stderr) => {
    if (error === null) resolve([good(about, stdout.trim())]);
    else resolve([bad(about, stderr.replace(/^Cannot run:\n/, "").trim() || messageOf(error), "see .env.example")]);
  });
  return promise;
}
