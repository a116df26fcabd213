import type { Command } from "commander";
import { type UserEvent, userEventSchema } from "../../src/domain/user-events.ts";
import { exitCodes, print, runCommand } from "../context/run-command.ts";
import { writeEventLine } from "./format-event.ts";

/** `bridge tail`: the events as they come. */
export function addTailCommand(program: Command): void {
  program
    .command("tail")
    .description("print events as they are committed, until Ctrl-C")
    .option("--json", "one JSON line for each event, with its headers")
    .option("--beginning", "those that are there already, too")
    .action((options: { json?: true; beginning?: true }) =>
      runCommand(async ({ config, eventLog, signal }) => {
        await eventLog.follow({
          topic: config.kafka.eventsTopic,
          from: options.beginning ? "beginning" : "now",
          until: "stopped",
          signal,
          onRecords: async (records) => {
            for (const { key, value, headers, partition, offset } of records) {
              const event = readEvent(value);
              if (event === undefined) print(`not an event: ${key}, partition ${partition}, offset ${offset}`);
              else print(options.json ? JSON.stringify({ ...event, headers }) : writeEventLine(event, new Date()));
            }
          },
        });
        return exitCodes.ok;
      }),
    );
}

/** Nothing for what somebody else has written to the topic. */
function readEvent(value: string | null): UserEvent | undefined {
  try {
    return userEventSchema.parse(JSON.parse(value ?? ""));
  } catch {
    return undefined;
  }
}
