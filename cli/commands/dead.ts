import type { Command } from "commander";
import { messageSchema } from "../../src/domain/message.ts";
import type { DeadLetter } from "../../src/queue/dead-letters.ts";
import { routeMessage } from "../../src/webhooks/route-message.ts";
import { messageOfDeadLetter } from "../../src/webhooks/verify-message.ts";
import type { Bridge } from "../context/cli-context.ts";
import { exitCodes, print, runCommand } from "../context/run-command.ts";

/** `bridge dead list | show | retry | drop`: the messages that could not be decided. */
export function addDeadCommand(program: Command): void {
  const dead = program.command("dead").description("messages that could not be decided");
  dead
    .command("list")
    .description("the newest ones first")
    .option("--limit <n>", "how many", "20")
    .option("--offset <n>", "how many to pass over", "0")
    .action((options: { limit: string; offset: string }) =>
      runCommand(async ({ deadLetters }) => {
        for (const letter of await deadLetters.list(Number(options.offset), Number(options.limit)))
          print(lineOf(letter));
        print(`${await deadLetters.count()} in all`);
        return exitCodes.ok;
      }),
    );
  dead
    .command("show <id>")
    .description("one of them whole")
    .action((id: string) =>
      runCommand(async (bridge) => {
        const letter = await find(bridge, id);
        print(lineOf(letter));
        print(pretty(letter.body));
        return exitCodes.ok;
      }),
    );
  dead
    .command("retry <ids...>")
    .description("queue them again by the normal path, and drop them; `all` retries every one")
    .action((ids: string[]) =>
      runCommand(async (bridge) => {
        for (const id of await named(bridge, ids)) await retry(bridge, await find(bridge, id));
        return exitCodes.ok;
      }),
    );
  dead
    .command("drop <ids...>")
    .description("forget them; `all` forgets every one")
    .action((ids: string[]) =>
      runCommand(async (bridge) => {
        for (const id of await named(bridge, ids)) {
          print(`${id}  ${(await bridge.deadLetters.delete(id)) ? "dropped" : "not there"}`);
        }
        return exitCodes.ok;
      }),
    );
}

/**
 * Queued first and dropped then: a crash in between leaves the letter, and its retry is a duplicate then. A worker that
 * puts it aside anew may be quicker than the drop.
 */
async function retry({ queues, shardOf, deadLetters }: Bridge, letter: DeadLetter): Promise<void> {
  const readable = read(letter);
  if (typeof readable === "string") {
    print(`${letter.id}  still cannot be read: ${readable}`);
    return;
  }
  await queues.requeue(shardOf(readable.userId), readable.message);
  await deadLetters.removeIfUnchanged(letter);
  print(`${letter.id}  queued`);
}

function read(letter: DeadLetter) {
  if (letter.stage === "received") {
    const route = routeMessage(messageOfDeadLetter({ ...letter, stage: letter.stage }), {
      receivedAt: letter.at,
      traceparent: undefined,
    });
    if (route.outcome === "bridged") return route;
    if (route.outcome === "session") return "it is about a session, which is only counted";
    return route.outcome === "ignored" ? `${route.type} is not bridged` : route.reason;
  }
  const message = messageSchema.safeParse(JSON.parse(letter.body));
  if (!message.success) return "not a message of the bridge";
  const userId = message.data.data["id"];
  return typeof userId === "string" ? { userId, message: message.data } : "no user id";
}

async function named({ deadLetters }: Bridge, ids: readonly string[]): Promise<readonly string[]> {
  if (!ids.includes("all")) return ids;
  return (await deadLetters.list(0, await deadLetters.count())).map(({ id }) => id);
}

async function find({ deadLetters }: Bridge, id: string): Promise<DeadLetter> {
  const letter = await deadLetters.find(id);
  if (letter === undefined) throw new Error(`There is no dead letter ${id}.`);
  return letter;
}

const lineOf = ({ id, at, stage, reason }: DeadLetter) => `${new Date(at).toISOString()}  ${id}  ${stage}  ${reason}`;

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
