import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, test } from "vitest";

const guard = join(import.meta.dirname, "check-node-version.mjs");

/** Runs a program behind the guard on a Node that claims to be another version. */
const runOn = (version: string) => {
  const pretend = `Object.defineProperty(process, "versions", { value: { node: ${JSON.stringify(version)} } })`;
  const imports = [`--import=data:text/javascript,${encodeURIComponent(pretend)}`, `--import=${guard}`];
  return execa(process.execPath, [...imports, "--eval", 'console.log("started")'], { reject: false });
};

describe("the check of Node's version", () => {
  test.for(["20.20.2", "22.22.0", "23.9.0"])("stops a program on Node %s with one line", async (version) => {
    const { exitCode, stdout, stderr } = await runOn(version);
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 1,
      stdout: "",
      stderr: `clerk-kafka-bridge needs Node.js 24 or newer; this is Node.js ${version}.`,
    });
  });

  test.for(["24.0.0", "26.1.0"])("lets a program start on Node %s", async (version) => {
    expect(await runOn(version)).toMatchObject({ exitCode: 0, stdout: "started" });
  });
});
