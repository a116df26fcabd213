import { ConfigError, StartUpError } from "./errors.ts";

/**
 * Runs the start of a program. Whatever `start` throws, or hands to `fail` later, ends the process with code 1. Standard
 * error then has plain lines for what the operator can repair, and a stack for everything else.
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
