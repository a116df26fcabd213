import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { BenchContext } from "../context.ts";
import { createEventsTopic } from "../kafka/create-events-topic.ts";
import { preciseNow, startEventReader } from "../kafka/read-events.ts";
import { requestOf } from "../load/write-requests.ts";
import { type BenchMessage, createMessageSource } from "../messages/make-message.ts";
import { openOurQueues } from "../queues/open-our-queues.ts";
import { formatDistribution } from "../report/format-distribution.ts";
import { reportLatency, type Row } from "../report/rows.ts";
import { quantile } from "../report/statistics.ts";
import { type FloorTimes, openFloor } from "../systems/open-floor.ts";
import { eventsTopicOf } from "../systems/our-environment.ts";
import { startOurApi } from "../systems/start-our-api.ts";
import { startOurWorker } from "../systems/start-our-worker.ts";

const users = 500;
const warmUps = 30;
const samples = 60;
/** Each of the two systems gets one message a second, in turn. */
const pauseMs = 500;

/** The latency of one message alone, in our bridge and in the floor. Both take turns on the same idle servers, at one message a second each. */
export async function benchAlone(context: BenchContext): Promise<Row> {
  await using floor = await openFloor(context, "floor-alone");
  await using bridge = await openTimedBridge(context);
  const measured: Measured[] = [];
  const floors: FloorTimes[] = [];
  const take = createMessageSource(users);
  for (const message of take(warmUps)) {
    await floor.send(message);
    await bridge.send(message);
  }
  for (const message of take(samples)) {
    await delay(pauseMs);
    floors.push(await floor.send(message));
    await delay(pauseMs);
    measured.push(await bridge.send(message));
  }
  const stages = await bridge.stagesOf(measured);
  const ours = measured.map(({ sentAt, seenAt }) => seenAt - sentAt);
  const floorTotals = floors.map(({ total }) => total);
  const series = {
    ours,
    ...stages,
    "the floor": floorTotals,
    "floor: stored in Redis": floors.map(({ stored }) => stored),
    "floor: begun and written": floors.map(({ written }) => written),
    "floor: committed": floors.map(({ committed }) => committed),
    "floor: consumed": floors.map(({ consumed }) => consumed),
  };
  for (const line of formatDistribution(series)) context.log(line);
  context.log(`one at a time: ours / floor = ${(quantile(ours, 0.5) / quantile(floorTotals, 0.5)).toFixed(2)} (p50)`);
  const what = "latency of one message a second";
  return reportLatency({ what, rate: 1, latencies: [ours], floors: [floorTotals], atMost: 1.5 });
}

interface Measured {
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly seenAt: number;
}

async function openTimedBridge(context: BenchContext) {
  await using opened = new AsyncDisposableStack();
  const name = "alone";
  await createEventsTopic(context, eventsTopicOf(name));
  opened.use(await openOurQueues(context, name));
  const api = opened.use(await startOurApi(context, name));
  const worker = opened.use(await startOurWorker(context, name, { isTimed: true }));
  const reader = opened.use(await startEventReader(context, eventsTopicOf(name)));
  // A socket instead of an HTTP client, whose own time would count.
  const socket = opened.adopt(connect(api.port, "127.0.0.1"), (it) => void it.destroy());
  await once(socket, "connect");
  const send = async (message: BenchMessage): Promise<Measured> => {
    const seen = reader.next(message.id);
    const sentAt = preciseNow();
    socket.write(requestOf(message, Math.floor(Date.now() / 1_000)));
    const [answer] = await once(socket, "data");
    const answeredAt = preciseNow();
    if (!String(answer).startsWith("HTTP/1.1 204")) throw new Error(`a webhook got ${String(answer).slice(0, 40)}`);
    return { sentAt, answeredAt, seenAt: (await seen).seenAt };
  };
  const stagesOf = async (measured: readonly Measured[]) => {
    const steps = [...(await readFile(worker.logFile, "utf8")).matchAll(/^step (\w+) ([\d.]+)$/gm)].map(
      ([, step = "", at]) => ({ step, at: Number(at) }),
    );
    return Object.fromEntries(
      stages.map(([stage, from, to]) => [
        stage,
        measured.map((one) => {
          const of = (point: string) =>
            point in one
              ? Number(Object.entries(one).find(([key]) => key === point)?.[1])
              : (steps.find(({ step, at }) => step === point && at > one.sentAt)?.at ?? Number.NaN);
          return of(to) - of(from);
        }),
      ]),
    );
  };
  const owned = opened.move();
  return { send, stagesOf, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Each stage lasts from one point to another. A message is taken while its response is under way. */
const stages = [
  ["sent → answered (204)", "sentAt", "answeredAt"],
  ["sent → taken by the worker", "sentAt", "taken"],
  ["taken → states read", "taken", "states_read"],
  ["states read → decided", "states_read", "decided"],
  ["decided → sent to Kafka", "decided", "sent"],
  ["sent → committed", "sent", "committed"],
  ["committed → consumed", "committed", "seenAt"],
  ["committed → ledger applied, job completed", "committed", "completed"],
] as const;
