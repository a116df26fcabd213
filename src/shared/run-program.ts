import { ConfigError } from "../config.ts";

/** An error whose message tells the operator what to do; a stack would only hide it. */
export class StartUpError extends Error {
  override readonly name: string = "StartUpError";
}

/**
 * Runs the start of a process. What fails it, or is handed to `fail` later, ends the process with code 1, and what the
 * operator can mend is told in plain lines on standard error.
 */
export async function runProcess(start: (fail: (error: unknown) => void) => Promise<void>): Promise<void> {
  try {
    await start(fail);
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): void {
  const plain = error instanceof ConfigError || error instanceof StartUpError;
  process.stderr.write(
    `Cannot run:\n${plain ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exit(1);
}
