import type { Command } from "commander";
import { maskBody } from "../../src/inspection/mask-personal-data.ts";
import type { DeadLetter } from "../../src/queue/dead-letters.ts";
import {
  addJsonOption,
  addYesOption,
  confirm,
  type JsonOption,
  wholeNumber,
  type YesOption,
} from "../context/arguments.ts";
import { type CliContext, runCommand } from "../context/cli-context.ts";
import { type ExitCode, exitCodes } from "../context/exit-codes.ts";
import { formatTable } from "../context/output.ts";
import { parseJson } from "../../src/shared/parse-json.ts";
import { retryAndWait } from "../dlq/retry-and-wait.ts";

/** `bridge dlq list | show | retry | drop`: the dead letters, messages that could not be processed. */
export function addDlqCommand(program: Command): void {
  const dlq = program.command("dlq").alias("dead").description("inspect, retry or delete dead letters");
  addJsonOption(dlq.command("list"))
    .description("list dead letters, newest first")
    .option("--limit <n>", "maximum number of dead letters", wholeNumber(1, 10_000), 20)
    .option("--offset <n>", "number of dead letters to skip", wholeNumber(0), 0)
    .action((options: JsonOption & { limit: number; offset: number }) =>
      runCommand(options, async (context) => {
        const { deadLetters, print, result } = context;
        const listed = await deadLetters.list(options.offset, options.limit);
        const total = await deadLetters.count();
        result({
          total,
          deadLetters: listed.map(({ id, at, stage, reason }) => ({ id, at: timeOf(at), stage, reason })),
        });
        const rows = listed.map(({ id, at, stage, reason }) => [id, timeOf(at), stage, reason]);
        if (rows.length > 0)
          for (const line of formatTable([["ID", "STORED", "STAGE", "REASON"], ...rows])) print(line);
        print(`${total} in total`);
        return exitCodes.ok;
      }),
    );
  addJsonOption(dlq.command("show <id>"))
    .description("print one dead letter with its message; names and addresses are hidden")
    .option("--reveal", "show personal data")
    .action((id: string, options: JsonOption & { reveal?: true }) =>
      runCommand(options, async (context) => {
        const { body, ...rest } = await findDeadLetter(context, id);
        const message = options.reveal ? (parseJson(body) ?? body) : maskBody(body);
        context.result({ ...rest, at: timeOf(rest.at), message });
        for (const [name, value] of [
          ["id", rest.id],
          ["stored", timeOf(rest.at)],
          ["stage", rest.stage],
          ["reason", rest.reason],
        ]) {
          context.print(`${name?.padEnd(8)}${value}`);
        }
        context.print(typeof message === "string" ? message : JSON.stringify(message, null, 2));
        return exitCodes.ok;
      }),
    );
  addJsonOption(dlq.command("retry <ids...>"))
    .description("queue dead letters again and wait for what becomes of them; `all` retries every one")
    .option("--no-wait", "only queue them")
    .action((ids: string[], options: JsonOption & { wait: boolean }) =>
      runCommand(options, async (context) => retryAll(context, ids, options.wait)),
    );
  addYesOption(addJsonOption(dlq.command("drop <ids...>")))
    .description("delete dead letters without processing them; `all` deletes every one")
    .action((ids: string[], options: JsonOption & YesOption) =>
      runCommand(options, async (context) => {
        const dropped = await expandIds(context, ids);
        if (dropped.length > 0)
          await confirm(
            `This deletes ${dropped.length === 1 ? "a dead letter" : `${dropped.length} dead letters`} for good`,
            options,
          );
        const results = [];
        for (const id of dropped) {
          const outcome = (await context.deadLetters.delete(id)) ? "dropped" : "not found";
          context.print(`${id}  ${outcome}`);
          results.push({ id, outcome });
        }
        context.result(results);
        return results.some(({ outcome }) => outcome === "not found") ? exitCodes.problems : exitCodes.ok;
      }),
    );
}

async function retryAll(context: CliContext, ids: readonly string[], wait: boolean): Promise<ExitCode> {
  const { config, redis, queues, shardOf, deadLetters, signal } = context;
  const { eventFields } = config;
  const retrying = { redis, redisPrefix: config.redis.prefix, eventFields, queues, shardOf, deadLetters, signal };
  const letters = [];
  for (const id of await expandIds(context, ids)) letters.push(await findDeadLetter(context, id));
  const retries = await retryAndWait(retrying, letters, { wait });
  for (const { id, note } of retries) context.print(`${id}  ${note}`);
  context.result(retries);
  return retries.some(({ outcome }) => outcome === "dead again") ? exitCodes.problems : exitCodes.ok;
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

const timeOf = (at: number): string => new Date(at).toISOString();
