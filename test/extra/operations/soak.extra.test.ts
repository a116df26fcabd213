import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";

const timeout = 400_000;

test(
  "two minutes of load leave no file open and Redis no larger, and every accepted message has one event",
  { timeout },
  async () => {
    const soak = join(import.meta.dirname, "../../../bench/soak/main.ts");
    const options = ["--disable-warning=TimeoutNegativeWarning", soak, "--minutes", "2", "--rate", "800"];
    const { stdout, exitCode } = await execa(process.execPath, options, { reject: false, all: true });
    expect(stdout).toContain("nothing grows; every accepted message has one event");
    expect(stdout).toMatch(/minute 2\.\d: \d+\/s, API \d+/);
    expect(exitCode).toBe(0);
  },
);
