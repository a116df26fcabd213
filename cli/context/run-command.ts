import { explainKafkaError } from "../../src/kafka/client/explain-error.ts";
import { ConfigError, messageOf } from "../../src/shared/errors.ts";
import { type CliContext, openCliContext } from "./cli-context.ts";

/** Exit codes, for scripts. `problems`: the command ran, and found something wrong. */
export const exitCodes = { ok: 0, failed: 1, problems: 2 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/**
 * Runs one command and sets the exit code. An error becomes one line on standard error, without a stack. Errors after
 * Ctrl-C are ignored: the operator has stopped the command.
 */
export async function runCommand(command: (context: CliContext) => Promise<ExitCode>): Promise<void> {
  try {
    await using context = await openCliContext();
    try {
      process.exitCode = await command(context);
    } catch (error) {
      if (!context.signal.aborted) throw error;
    }
  } catch (error) {
    const shown = explainKafkaError(error) ?? error;
    process.stderr.write(`${shown instanceof ConfigError ? String(shown) : messageOf(shown)}\n`);
    process.exitCode = exitCodes.failed;
  }
}

export const print = (line: string): void => void process.stdout.write(`${line}\n`);
