import type { UserEvent } from "@clerk-kafka-bridge/events";
import { styleText } from "node:util";
import { type Command, Option } from "commander";
import { parseEvent } from "../../src/inspection/inspect-user.ts";
import { followDecisions, type MessageReport } from "../../src/queue/decision-feed.ts";
import { runCommand } from "../context/cli-context.ts";
import { exitCodes } from "../context/exit-codes.ts";

/** `bridge tail`: prints events while they are committed, or what the workers decide about each message. */
export function addTailCommand(program: Command): void {
  program
    .command("tail")
    .description("print events as they are committed, until Ctrl-C")
    .option("--json", "print one JSON line for each event, with its headers")
    .option("--beginning", "begin with the oldest event")
    .addOption(
      new Option(
        "--decisions",
        "print what the workers do with each message from now on, also with those that give no event",
      ).conflicts("beginning"),
    )
    .action((options: { json?: true; beginning?: true; decisions?: true }) =>
      runCommand({}, async (context) => {
        const { config, redis, signal, print } = context;
        if (options.decisions) {
          const format = options.json ? JSON.stringify : formatReport;
          const onReports = (reports: readonly MessageReport[]) => reports.forEach((report) => print(format(report)));
          await followDecisions(redis, config.redis.prefix, { signal, onReports });
          return exitCodes.ok;
        }
        await context.eventLog.follow({
          topic: config.kafka.eventsTopic,
          from: options.beginning ? "beginning" : "now",
          until: "stopped",
          signal,
          onRecords: async (records) => {
            for (const { key, value, headers, partition, offset } of records) {
              const event = parseEvent(value);
              if (event === undefined) print(`not an event: ${key}, partition ${partition}, offset ${offset}`);
              else print(options.json ? JSON.stringify({ ...event, headers }) : formatEvent(event, new Date()));
            }
          },
        });
        return exitCodes.ok;
      }),
    );
}

const colours = { "user.created": "green", "user.updated": "yellow", "user.deleted": "red" } as const;

/** An event on one line: when it was read, its type, user and content, and how long after the change it came. */
export function formatEvent(event: UserEvent, readAt: Date): string {
  const { id, ...content } = event.data;
  return [
    styleText("dim", readAt.toISOString().slice(11, 23)),
    styleText(colours[event.eventType], event.eventType),
    styleText("bold", id),
    JSON.stringify("changes" in content ? content.changes : content),
    styleText("dim", formatDelay(readAt.getTime() - Date.parse(event.timestamp))),
  ].join("  ");
}

/** A decision on one line: when, the outcome, the message's type and user, the event or the reason for none, and the message's id. */
function formatReport({ at, outcome, type, userId, eventId, reason, id }: MessageReport): string {
  return [
    styleText("dim", new Date(at).toISOString().slice(11, 23)),
    styleText(outcome === "publish" ? "green" : "yellow", outcome.padEnd(10)),
    (type ?? "").padEnd(12),
    styleText("bold", userId ?? "no user"),
    eventId === undefined ? (reason ?? "") : `event ${eventId}`,
    styleText("dim", id),
  ].join("  ");
}

/** Empty from ten seconds on: the event is then an old one, and its delay says nothing. */
const formatDelay = (ms: number): string => (ms < 10_000 ? `+${Math.max(0, ms)} ms` : "");
