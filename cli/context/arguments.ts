import { createInterface } from "node:readline/promises";
import { type Command, InvalidArgumentError } from "commander";

/** Reads an option as a whole number, and refuses anything else in a sentence. */
export const wholeNumber =
  (min: number, max = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= min && number <= max) return number;
    const range = max === Number.MAX_SAFE_INTEGER ? `from ${min} on` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`It must be a whole number ${range}.`);
  };

export interface JsonOption {
  readonly json?: true;
}

/** `--json`: one JSON document instead of sentences. */
export const addJsonOption = (command: Command): Command => command.option("--json", "print one JSON document");

export interface YesOption {
  readonly yes?: true;
}

/** `--yes`: does without the question that {@link confirm} asks. */
export const addYesOption = (command: Command): Command => command.option("-y, --yes", "do not ask for confirmation");

/**
 * Asks on the terminal whether to go on. Throws an error when the answer is not yes, and without a terminal, so that a script must
 * say `--yes`.
 */
export async function confirm(what: string, { yes }: YesOption): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) throw new Error(`${what}: add --yes to confirm.`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${what}. Go on? [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new Error("Nothing was done.");
  } finally {
    terminal.close();
  }
}
