import { ConfigError } from "./config.ts";

/** An error whose message tells the operator what to do; a stack would only hide it. */
export class StartUpError extends Error {
  override readonly name: string = "StartUpError";
}

/** Runs the start of a process. What the operator can mend is told in plain lines on standard error, with exit code 1. */
export async function runProcess(start: () => Promise<void>): Promise<void> {
  try {
    await start();
  } catch (error) {
    const plain = error instanceof ConfigError || error instanceof StartUpError;
    process.stderr.write(
      `Cannot start:\n${plain ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
    );
    process.exit(1);
  }
}
