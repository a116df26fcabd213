import type { Command } from "commander";
import { type Message, messageSchema } from "../../src/domain/message.ts";
import type { DeadLetter } from "../../src/queue/dead-letters.ts";
import { routeMessage } from "../../src/webhooks/route-message.ts";
import { messageOfDeadLetter } from "../../src/webhooks/verify-message.ts";
import type { CliContext } from "../context/cli-context.ts";
import { exitCodes, print, runCommand } from "../context/run-command.ts";

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
        for (const id of await expandIds(context, ids)) await retry(context, await findDeadLetter(context, id));
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

/**
 * Queues the message first and deletes the dead letter afterwards. A crash in between leaves the dead letter, and retrying
 * it then is only a duplicate. The worker may store the message as a dead letter again before the deletion; that dead
 * letter stays.
 */
async function retry({ queues, shardOf, deadLetters }: CliContext, deadLetter: DeadLetter): Promise<void> {
  const parsed = parseDeadLetter(deadLetter);
  switch (parsed.outcome) {
    case "unreadable":
      print(`${deadLetter.id}  still cannot be parsed: ${parsed.reason}`);
      return;
    case "parsed":
      await queues.requeue(shardOf(parsed.userId), parsed.message);
      await deadLetters.removeIfUnchanged(deadLetter);
      print(`${deadLetter.id}  queued`);
  }
}

type ParsedDeadLetter =
  | { readonly outcome: "parsed"; readonly userId: string; readonly message: Message }
  | { readonly outcome: "unreadable"; readonly reason: string };

const unreadable = (reason: string): ParsedDeadLetter => ({ outcome: "unreadable", reason });

function parseDeadLetter(deadLetter: DeadLetter): ParsedDeadLetter {
  return deadLetter.stage === "received"
    ? parseWebhook({ ...deadLetter, stage: deadLetter.stage })
    : parseQueuedMessage(deadLetter.body);
}

function parseWebhook(deadLetter: DeadLetter & { readonly stage: "received" }): ParsedDeadLetter {
  const reception = { receivedAt: deadLetter.at, traceparent: undefined };
  const route = routeMessage(messageOfDeadLetter(deadLetter), reception);
  switch (route.outcome) {
    case "bridged":
      return { outcome: "parsed", userId: route.userId, message: route.message };
    case "session":
      return unreadable("it is about a session, which the bridge only counts");
    case "ignored":
      return unreadable(`the bridge does not process ${route.type}`);
    case "unreadable":
      return unreadable(route.reason);
  }
}

function parseQueuedMessage(body: string): ParsedDeadLetter {
  const parsed = messageSchema.safeParse(JSON.parse(body));
  if (!parsed.success) return unreadable("not a message of the bridge");
  const userId = parsed.data.data["id"];
  return typeof userId === "string" ? { outcome: "parsed", userId, message: parsed.data } : unreadable("no user id");
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
