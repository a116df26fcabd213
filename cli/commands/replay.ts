import type { Command } from "commander";
import type { FollowFrom } from "../../src/kafka/consuming/follow-topic.ts";
import { addJsonOption, type JsonOption } from "../context/arguments.ts";
import { runCommand } from "../context/cli-context.ts";
import { exitCodes } from "../context/exit-codes.ts";
import { type ProgressDisplay, showProgress } from "../context/show-progress.ts";

/** `bridge replay`: copies events to another topic for a new consumer. */
export function addReplayCommand(program: Command): void {
  addJsonOption(program.command("replay"))
    .description("copy events to another topic, for a new consumer; only reads the events topic")
    .requiredOption("--from <time|offset>", "`beginning`, an ISO time, or an offset in every partition")
    .requiredOption("--to-topic <topic>", "the topic to write; created when it is missing")
    .option("--user <id>", "copy the events of this user only")
    .action((options: JsonOption & { from: string; toTopic: string; user?: string }) =>
      runCommand(options, async ({ config, eventLog, signal, print, note, result }) => {
        const { eventsTopic, stateTopic, auditTopic } = config.kafka;
        if ([eventsTopic, stateTopic, auditTopic].includes(options.toTopic))
          throw new Error(`${options.toTopic} is one of the bridge's own topics.`);
        const from = parseFrom(options.from);
        const copier = await eventLog.openCopier(options.toTopic);
        let copied = 0;
        let display: ProgressDisplay | undefined;
        try {
          await eventLog.follow({
            topic: eventsTopic,
            from,
            until: "now",
            signal,
            onProgress: (done, total) => {
              display ??= showProgress(total, 0, "offsets");
              display.update(done, `${copied} copied`);
            },
            onRecords: async (records) => {
              const selected = records.filter(({ key }) => options.user === undefined || key === options.user);
              await copier.copy(selected);
              copied += selected.length;
            },
          });
        } catch (error) {
          note(`stopped after ${copied} events were copied to ${options.toTopic}`);
          throw error;
        } finally {
          display?.stop();
          await copier.close();
        }
        print(`${copied} events copied to ${options.toTopic}`);
        result({ copied, toTopic: options.toTopic });
        return exitCodes.ok;
      }),
    );
}

function parseFrom(text: string): FollowFrom {
  if (text === "beginning") return "beginning";
  if (/^\d+$/.test(text)) return { offset: BigInt(text) };
  const sinceMs = Date.parse(text);
  if (Number.isNaN(sinceMs))
    throw new Error(`--from ${text}: neither \`beginning\`, nor an offset, nor a time such as 2026-11-24T12:00:00Z.`);
  return { sinceMs };
}
