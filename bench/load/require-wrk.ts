import { execa } from "execa";

/** The command of the load generator. */
export const wrk = "wrk";

/** Installs the load generator if it is missing and this process is root with apt. Otherwise throws how to install it. */
export async function requireWrk(log: (line: string) => void): Promise<void> {
  if (await runs(wrk, "-v")) return;
  if (process.getuid?.() !== 0 || !(await runs("apt-get", "--version"))) {
    throw new Error("The load generator wrk is missing: sudo apt-get install wrk, or brew install wrk.");
  }
  log("Installing wrk with apt …");
  await execa("apt-get", ["update", "-qq"]);
  await execa("apt-get", ["install", "-y", "-qq", "--no-install-recommends", wrk]);
}

/** Whether the command exists. The exit code does not count, because `wrk -v` exits with 1. */
async function runs(command: string, ...args: string[]): Promise<boolean> {
  const { code } = await execa(command, args, { reject: false });
  return code !== "ENOENT";
}
