import { join } from "node:path";
import { Redis } from "ioredis";
import type { BenchContext } from "../context.ts";
import { type SeenEvent, startEventReader } from "../kafka/read-events.ts";
import { runWrk } from "../load/run-wrk.ts";
import { writeRequests } from "../load/write-requests.ts";
import { type BenchMessage, createMessageSource } from "../messages/make-message.ts";
import { waitUntilEmpty } from "../queues/bench-queues.ts";
import { readProcessCounters } from "../systems/process-counters.ts";
import { startOurBridge } from "../systems/start-our-bridge.ts";
import type { SoakSample } from "./assess-soak.ts";

const users = 1_000;
/** Between two slices the queues run empty, so that Redis's memory can be compared. */
const sliceSeconds = 15;
/** More than any bridge on one machine accepts. */
const fullRate = 20_000;

export interface SoakOptions {
  readonly minutes: number;
  /** Messages per second: half of what the machine sustains. */
  readonly rate: number;
}

/** Runs our bridge at half load and then, for a sixth of the time, at full load. Throws when an accepted message has no event. */
export async function runSoak(context: BenchContext, { minutes, rate }: SoakOptions): Promise<SoakSample[]> {
  await using bridge = await startOurBridge(context, "soak");
  await using reader = await startEventReader(context, bridge.topic);
  const redis = new Redis(context.redisUrl);
  const take = createMessageSource(users);
  const requestsFile = join(context.dir, "soak.requests");
  const startedAt = performance.now();
  const samples: SoakSample[] = [];
  const minute = () => (performance.now() - startedAt) / 60_000;
  const runSlices = async (until: number, limit: number | undefined) => {
    while (minute() < until) {
      const messages = take(Math.ceil((limit ?? fullRate) * (sliceSeconds + 0.5)));
      await writeRequests(requestsFile, messages);
      const load = await runWrk({ port: bridge.port, requestsFile, seconds: sliceSeconds, rate: limit ?? 0 });
      await waitUntilEmpty(bridge.queues);
      checkEvents(await reader.take(load.accepted), messages);
      samples.push({ minute: minute(), ...(await measure(redis, bridge.pids)) });
      context.log(describe(samples.at(-1), load.rate));
    }
  };
  await runSlices(minutes, rate);
  await runSlices(minutes * (7 / 6), undefined);
  redis.disconnect();
  return samples;
}

/** Throws unless each event belongs to another message of this slice. */
function checkEvents(events: readonly SeenEvent[], messages: readonly BenchMessage[]): void {
  const waiting = new Set(messages.map(({ id }) => id));
  const repeated = events.filter(({ svixId }) => !waiting.delete(svixId));
  if (repeated.length > 0) throw new Error(`${repeated.length} messages have two events, ${repeated[0]?.svixId} first`);
}

async function measure(redis: Redis, pids: Readonly<Record<string, number>>) {
  const counters = await Promise.all(
    Object.entries(pids).map(async ([name, pid]) => [name, await readProcessCounters(pid)] as const),
  );
  return {
    residentBytes: Object.fromEntries(counters.map(([name, { residentBytes }]) => [name, residentBytes])),
    descriptors: Object.fromEntries(counters.map(([name, { descriptors }]) => [name, descriptors])),
    redisBytes: Number(/^used_memory:(\d+)/m.exec(await redis.info("memory"))?.[1]),
    redisKeys: await redis.dbsize(),
  };
}

function describe(sample: SoakSample | undefined, rate: number): string {
  if (sample === undefined) return "";
  const { minute, residentBytes, descriptors, redisBytes, redisKeys } = sample;
  const processes = Object.entries(residentBytes).map(
    ([name, bytes]) => `${name} ${megabytes(bytes)} MB, ${descriptors[name]} files`,
  );
  return `minute ${minute.toFixed(1)}: ${rate.toFixed(0)}/s, ${processes.join(", ")}, Redis ${megabytes(redisBytes)} MB, ${redisKeys} keys`;
}

const megabytes = (bytes: number) => (bytes / 1_048_576).toFixed(1);
