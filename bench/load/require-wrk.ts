import { execa } from "execa";

/** The load generator's command. */
export const wrk = "wrk";

/** Makes sure that the load generator is there: installs it where that takes only root and apt, or says how to get it. */
export async function requireWrk(log: (line: string) => void): Promise<void> {
  if (await runs(wrk, "-v")) return;
  if (process.getuid?.() !== 0 || !(await runs("apt-get", "--version"))) {
    throw new Error("The load generator wrk is missing: sudo apt-get install wrk, or brew install wrk.");
  }
  log("Installing wrk with apt …");
  await execa("apt-get", ["update", "-qq"]);
  await execa("apt-get", ["install", "-y", "-qq", "--no-install-recommends", wrk]);
}

/** Whether there is such a command; wrk tells its version with exit code 1. */
async function runs(command: string, ...args: string[]): Promise<boolean> {
  const { code } = await execa(command, args, { reject: false });
  return code !== "ENOENT";
}
