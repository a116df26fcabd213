import { join } from "node:path";
import type { BenchContext } from "../context.ts";
import { type SeenEvent, startEventReader } from "../kafka/read-events.ts";
import type { BenchMessage } from "../messages/make-message.ts";
import { waitUntilEmpty } from "../queues/bench-queues.ts";
import type { Bridge } from "../systems/bridge.ts";
import { type LoadReport, runWrk } from "./run-wrk.ts";
import { writeRequests } from "./write-requests.ts";

export interface LoadStepOptions {
  readonly bridge: Bridge;
  readonly take: (count: number) => BenchMessage[];
  /** Messages per second. */
  readonly rate: number;
  /** Whether events are read during the load or after it. A consumer during the load uses part of the machine. */
  readonly read: "during" | "afterwards";
}

export interface LoadStep {
  readonly load: LoadReport;
  /** The prepared messages in the order of sending. The last ones may not have been sent. */
  readonly messages: readonly BenchMessage[];
  readonly events: readonly SeenEvent[];
}

/**
 * Sends messages through a bridge at a steady rate and waits for the last event. Throws if an accepted message has no event
 * or a message has two.
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
  const finished = read === "afterwards" ? await sendAll() : undefined;
  await using reader = await startEventReader(context, bridge.topic);
  const load = finished ?? (await sendAll());
  const events = await reader.all(load.accepted);
  // Requests without a response at the end of the load may or may not have an event.
  if (events.length > load.sentAt.length) {
    throw new Error(`${bridge.topic}: ${events.length} events of ${load.sentAt.length} messages`);
  }
  return { load, messages, events };
}
