import type { Command } from "commander";
import type { DeadLetter } from "../../src/queue/dead-letters.ts";
import { type CliContext, exitCodes, print, runCommand } from "../context/cli-context.ts";
import { retryDeadLetter } from "../dlq/retry-dead-letter.ts";

/** `bridge dlq list | show | retry | drop`: the dead letters, messages that could not be processed. */
export function addDlqCommand(program: Command): void {
  const dlq = program.command("dlq").alias("dead").description("inspect, retry or delete dead letters");
  dlq
    .command("list")
    .description("list dead letters, newest first")
    .option("--limit <n>", "maximum number of dead letters", "20")
    .option("--offset <n>", "number of dead letters to skip", "0")
    .action((options: { limit: string; offset: string }) =>
      runCommand(async ({ deadLetters }) => {
        const listed = await deadLetters.list(Number(options.offset), Number(options.limit));
        for (const deadLetter of listed) print(formatDeadLetter(deadLetter));
        print(`${await deadLetters.count()} in total`);
        return exitCodes.ok;
      }),
    );
  dlq
    .command("show <id>")
    .description("print one dead letter with its body")
    .action((id: string) =>
      runCommand(async (context) => {
        const deadLetter = await findDeadLetter(context, id);
        print(formatDeadLetter(deadLetter));
        print(formatBody(deadLetter.body));
        return exitCodes.ok;
      }),
    );
  dlq
    .command("retry <ids...>")
    .description("queue dead letters again and delete them; `all` retries every one")
    .action((ids: string[]) =>
      runCommand(async (context) => {
        for (const id of await expandIds(context, ids)) {
          const retried = await retryDeadLetter(context, await findDeadLetter(context, id));
          const note = retried.outcome === "queued" ? "queued" : `still cannot be parsed: ${retried.reason}`;
          print(`${id}  ${note}`);
        }
        return exitCodes.ok;
      }),
    );
  dlq
    .command("drop <ids...>")
    .description("delete dead letters without processing them; `all` deletes every one")
    .action((ids: string[]) =>
      runCommand(async (context) => {
        for (const id of await expandIds(context, ids)) {
          print(`${id}  ${(await context.deadLetters.delete(id)) ? "dropped" : "not found"}`);
        }
        return exitCodes.ok;
      }),
    );
}

async function expandIds({ deadLetters }: CliContext, ids: readonly string[]): Promise<readonly string[]> {
  if (!ids.includes("all")) return ids;
  return (await deadLetters.list(0, await deadLetters.count())).map(({ id }) => id);
}

async function findDeadLetter({ deadLetters }: CliContext, id: string): Promise<DeadLetter> {
  const deadLetter = await deadLetters.find(id);
  if (deadLetter === undefined) throw new Error(`There is no dead letter ${id}.`);
  return deadLetter;
}

const formatDeadLetter = ({ id, at, stage, reason }: DeadLetter): string =>
  `${new Date(at).toISOString()}  ${id}  ${stage}  ${reason}`;

/** Indents JSON. A webhook's body may be anything else, which is returned unchanged. */
function formatBody(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
