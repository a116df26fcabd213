import { ConfigError, StartUpError } from "./errors.ts";

/**
 * Runs the start of a program. An error that `start` throws, or passes to `fail` later, ends the process with code 1. Standard error
 * then has plain lines for an error that the operator can repair, and a stack for any other.
 */
export async function runProgram(start: (fail: (error: unknown) => void) => Promise<void>): Promise<void> {
  try {
    await start(fail);
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): void {
  const isPlain = error instanceof ConfigError || error instanceof StartUpError;
  process.stderr.write(
    `Cannot run:\n${isPlain ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exit(1);
}
