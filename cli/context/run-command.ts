import { ConfigError } from "../../src/shared/errors.ts";
import { type Bridge, openBridge } from "./cli-context.ts";

/** Exit codes, for scripts. */
export const exitCodes = { ok: 0, failed: 1, differs: 2 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/**
 * Runs one command on an open bridge and sets the exit code. What the operator can mend is told in a line; Ctrl-C is no
 * error.
 */
export async function runCommand(command: (bridge: Bridge) => Promise<ExitCode>): Promise<void> {
  try {
    await using bridge = await openBridge();
    try {
      process.exitCode = await command(bridge);
    } catch (error) {
      if (!bridge.signal.aborted) throw error;
    }
  } catch (error) {
    process.stderr.write(
      `${error instanceof ConfigError || !(error instanceof Error) ? String(error) : error.message}\n`,
    );
    process.exitCode = exitCodes.failed;
  }
}

export const print = (line: string): void => void process.stdout.write(`${line}\n`);
