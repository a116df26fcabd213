import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { EnvironmentVariables } from "../../src/shared/environment.ts";
import { messageOf } from "../../src/shared/errors.ts";
import { fail, type Finding, ok } from "./finding.ts";

const apiProgram = fileURLToPath(new URL("../../src/api/main.ts", import.meta.url));

/**
 * Checks that the API would start with this environment. Runs the API's own check in a process, because the programs do
 * not import each other.
 */
export async function checkApiConfig(variables: EnvironmentVariables): Promise<Finding[]> {
  const subject = "API configuration";
  const { promise, resolve } = Promise.withResolvers<Finding[]>();
  execFile(process.execPath, [apiProgram, "--check-config"], { env: { ...variables } }, (error, stdout, stderr) => {
    if (error === null) resolve([ok(subject, stdout.trim())]);
    else resolve([fail(subject, stderr.replace(/^Cannot run:\n/, "").trim() || messageOf(error), "see .env.example")]);
  });
  return promise;
}
