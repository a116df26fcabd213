import { join } from "node:path";
import type { BenchContext } from "../context.ts";
import { type SeenEvent, startEventReader } from "../kafka/read-events.ts";
import type { BenchMessage } from "../messages/make-message.ts";
import { waitUntilEmpty } from "../queues/wait-until-empty.ts";
import type { Bridge } from "../systems/bridge.ts";
import { type LoadReport, runWrk } from "./run-wrk.ts";
import { writeRequests } from "./write-requests.ts";

export interface LoadStepOptions {
  readonly bridge: Bridge;
  readonly take: (count: number) => BenchMessage[];
  /** Messages a second. */
  readonly rate: number;
  /** Whether events are read as they come, or when the load is over: a consumer takes its share of the machine. */
  readonly read: "meanwhile" | "afterwards";
}

export interface LoadStep {
  readonly load: LoadReport;
  /** The messages in the order in which they were sent, and more. */
  readonly messages: readonly BenchMessage[];
  readonly events: readonly SeenEvent[];
}

/**
 * Sends messages through a bridge at a steady rate, and waits for the last event. Throws when an accepted message gave no
 * event, or one gave two.
 */
export async function runLoadStep(
  context: BenchContext,
  { bridge, take, rate, read }: LoadStepOptions,
): Promise<LoadStep> {
  const requestsFile = join(context.dir, `${bridge.topic}.requests`);
  const messages = take(Math.ceil(rate * (context.seconds + 0.5)));
  await writeRequests(requestsFile, messages);
  const sendAll = async () => {
    const report = await runWrk({ port: bridge.port, requestsFile, seconds: context.seconds, rate });
    await waitUntilEmpty(bridge.queues);
    return report;
  };
  const early = read === "afterwards" ? await sendAll() : undefined;
  await using reader = await startEventReader(context, bridge.topic);
  const load = early ?? (await sendAll());
  const events = await reader.all(load.accepted);
  // What was on its way when the load ended may have become an event or not.
  if (events.length > load.sentAt.length) {
    throw new Error(`${bridge.topic}: ${events.length} events of ${load.sentAt.length} messages`);
  }
  return { load, messages, events };
}
