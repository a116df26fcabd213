import type { BenchContext } from "../context.ts";
import { createEventsTopic } from "../kafka/create-events-topic.ts";
import { openOurQueues } from "../queues/open-our-queues.ts";
import type { Bridge } from "./bridge.ts";
import { eventsTopicOf } from "./our-environment.ts";
import { startOurApi } from "./start-our-api.ts";
import { startOurWorker } from "./start-our-worker.ts";

export interface LogFiles {
  readonly api: string;
  readonly worker: string;
}

/** Starts our bridge as in production: API and worker. */
export async function startOurBridge(
  context: BenchContext,
  name: string,
): Promise<Bridge & { readonly logFiles: LogFiles }> {
  await using started = new AsyncDisposableStack();
  const topic = eventsTopicOf(name);
  await createEventsTopic(context, topic);
  const queues = started.use(await openOurQueues(context, name));
  const api = started.use(await startOurApi(context, name));
  const worker = started.use(await startOurWorker(context, name));
  const owned = started.move();
  const pids = { API: api.pid, worker: worker.pid };
  const logFiles = { api: api.logFile, worker: worker.logFile };
  return { port: api.port, queues, topic, pids, logFiles, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
