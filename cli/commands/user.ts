import { styleText } from "node:util";
import type { Command } from "commander";
import { readUserPage } from "../../src/clerk/users/list-users.ts";
import { inspectUser, type SeenEvent, type UserInspection } from "../../src/inspection/inspect-user.ts";
import { maskPersonalData } from "../../src/inspection/mask-personal-data.ts";
import { createUserPageReader } from "../../src/reconciliation/paging/user-page-reader.ts";
import { addJsonOption, type JsonOption } from "../context/arguments.ts";
import { type CliContext, runCommand } from "../context/cli-context.ts";
import { exitCodes } from "../context/exit-codes.ts";
import { describeProblem } from "../../src/reconciliation/compare/compare-views.ts";
import { z } from "zod";

/** `bridge user`: all that the bridge, Kafka and Clerk know of one user. The exit code is 2 when they differ. */
export function addUserCommand(program: Command): void {
  addJsonOption(program.command("user <id-or-email>"))
    .description(
      "show one user: published state, events in order, waiting messages, dead letters, and what Clerk says now",
    )
    .option("--reveal", "show names and addresses")
    .action((idOrEmail: string, options: JsonOption & { reveal?: true }) =>
      runCommand(options, async (context) => {
        const userId = idOrEmail.includes("@") ? await findByEmail(context, idOrEmail) : idOrEmail;
        const { config, signal, eventLog, shardOf, viewShard, queues, deadLetters } = context;
        const { eventFields } = config;
        const { clerk } = context.openClerk();
        const inspection = await inspectUser(
          {
            shardOf,
            viewShard,
            queues,
            deadLetters,
            follow: eventLog.follow,
            eventsTopic: config.kafka.eventsTopic,
            readPage: createUserPageReader(clerk, { eventFields, now: Date.now, signal, retries: false }),
            eventFields,
            signal,
          },
          userId,
        );
        const mask = (value: unknown) => (options.reveal ? value : maskPersonalData(value));
        context.result(
          mask({
            ...inspection,
            deadLetters: inspection.deadLetters.map(({ id, at, reason }) => ({ id, at, reason })),
          }),
        );
        for (const line of formatInspection(inspection, mask)) context.print(line);
        const isKnown =
          inspection.state !== undefined || (inspection.clerk.outcome === "read" && inspection.clerk.value);
        if (!isKnown) context.note("Neither the bridge nor Clerk knows this user.");
        return isKnown && inspection.problems.length === 0 ? exitCodes.ok : exitCodes.problems;
      }),
    );
}

async function findByEmail({ openClerk }: CliContext, email: string): Promise<string> {
  const query = { emailAddress: [email], limit: 2 };
  const { users } = await readUserPage(openClerk().clerk, query, { operation: "users.find", now: Date.now });
  const ids = z
    .array(z.looseObject({ id: z.string() }))
    .parse(users)
    .map(({ id }) => id);
  const [id] = ids;
  if (id === undefined) throw new Error("Clerk has no user with this email address.");
  return id;
}

function formatInspection(inspection: UserInspection, mask: (value: unknown) => unknown): string[] {
  const { userId, shard, state, events, waiting, deadLetters, clerk, problems } = inspection;
  const title = (text: string) => ["", styleText("bold", text)];
  return [
    `${styleText("bold", userId)}, shard ${shard}`,
    ...title("Published state"),
    state === undefined
      ? inspection.ledgerComplete
        ? "  unknown to the bridge"
        : "  unknown: the ledger is being rebuilt"
      : state.status === "deleted"
        ? `  deleted; event ${state.sequence}`
        : `  ${JSON.stringify(mask(state.user))}; event ${state.sequence}, changed ${timeOf(state.version)}`,
    ...title("Events in Kafka"),
    ...(events.outcome === "unavailable"
      ? [`  unavailable: ${events.reason}`]
      : events.value.map((event) => formatEvent(event, mask))),
    ...title("Messages that wait"),
    ...(waiting.length === 0
      ? ["  none"]
      : waiting.map(({ id, type, receivedAt }) => `  ${type}  ${id}, received ${timeOf(receivedAt)}`)),
    ...title("Dead letters"),
    ...(deadLetters.length === 0
      ? ["  none"]
      : deadLetters.map(({ id, reason, at }) => `  ${id}  ${reason}, stored ${timeOf(at)}`)),
    ...title("Clerk now"),
    clerk.outcome === "unavailable"
      ? `  unavailable: ${clerk.reason}`
      : clerk.value === undefined
        ? "  does not exist"
        : `  ${JSON.stringify(mask(clerk.value.user))}; changed ${timeOf(clerk.value.version)}`,
    ...problems.map((problem) => styleText("red", `  ${describeProblem(problem)}`)),
    ...(problems.length === 0 && clerk.outcome === "read" && clerk.value !== undefined
      ? [styleText("green", "  as published")]
      : []),
  ];
}

function formatEvent({ event, origin, sequence, storedAt }: SeenEvent, mask: (value: unknown) => unknown): string {
  const shown = "changes" in event.data ? event.data.changes : event.data;
  return `  ${sequence}  ${timeOf(storedAt)}  ${event.eventType}  ${origin}  ${JSON.stringify(mask(shown))}`;
}

const timeOf = (at: number): string => new Date(at).toISOString();
