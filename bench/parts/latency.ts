import type { BenchContext } from "../context.ts";
import { runLoadStep } from "../load/run-load-step.ts";
import { readStages } from "../load/read-stages.ts";
import { createMessageSource } from "../messages/make-message.ts";
import { formatDistribution } from "../report/format-distribution.ts";
import { reportCost, reportLatency, type Row } from "../report/rows.ts";
import { type CpuPerMessage, startCpuCount } from "../systems/process-counters.ts";
import { quantile } from "../report/statistics.ts";
import { openFloor } from "../systems/open-floor.ts";
import { startOurBridge } from "../systems/start-our-bridge.ts";

const users = 5_000;
const floorWarmUps = 50;
const floorSamples = 200;
const fractions = [
  { name: "a tenth", of: 0.1, atMost: 2 },
  { name: "half", of: 0.5, atMost: 4 },
  { name: "four fifths", of: 0.8, atMost: undefined },
];

/**
 * The time in ms from sending a request until a read_committed consumer has its event, and the CPU time that a message costs each
 * process. The floor is measured before the loads of each round, because the machine's speed changes, and without pauses: a process that
 * was idle answers later, and under load none is. The time includes the response.
 * The load generator and this process, which consumes, measure with the machine's clock.
 */
export async function benchLatency(context: BenchContext, sustainableRate: number): Promise<Row[]> {
  await using floor = await openFloor(context, "floor-under-load");
  await using bridge = await startOurBridge(context, "latency");
  const take = createMessageSource(users);
  const pids = { ...bridge.pids, ...context.serverPids };
  const measure = async (rate: number) => {
    const count = await startCpuCount(pids);
    const step = await runLoadStep(context, { bridge, take, rate, read: "during" });
    const { load, messages, events } = step;
    const cpu = await count(load.accepted);
    const sentAt = new Map(load.sentAt.map((at, index) => [messages[index]?.id, at]));
    const latencies = events.flatMap(({ svixId, seenAt }) => {
      const at = sentAt.get(svixId);
      return at === undefined ? [] : seenAt - at;
    });
    const [p50, p99] = [quantile(latencies, 0.5), quantile(latencies, 0.99)].map((value) => value.toFixed(1));
    context.log(`latency at ${rate}/s: p50 ${p50} ms, p99 ${p99} ms of ${latencies.length} events`);
    const costs = Object.entries(cpu).map(([name, micros]) => `${name} ${micros.toFixed(0)} µs`);
    context.log(`  CPU a message: ${costs.join(", ")}`);
    const { stages, messagesPerBatch } = await readStages(bridge.logFiles, step);
    context.log(`  ${messagesPerBatch.toFixed(1)} messages a batch; where the time goes (p50, p90, p99):`);
    for (const line of formatDistribution(stages)) context.log(`  ${line}`);
    return { latencies, cpu };
  };

  const measureFloor = async () => {
    for (const message of take(floorWarmUps)) await floor.send(message);
    const totals: number[] = [];
    for (const message of take(floorSamples)) totals.push((await floor.send(message)).total);
    context.log(`the floor: p50 ${quantile(totals, 0.5).toFixed(1)} ms of ${totals.length} messages`);
    return totals;
  };

  await measure(Math.round(sustainableRate / 2)); // A warm-up.
  const measured = fractions.map(({ name, of, atMost }) => ({
    what: `latency at ${name} of the sustained rate`,
    rate: Math.round(sustainableRate * of),
    atMost,
    latencies: new Array<readonly number[]>(),
    costs: new Array<CpuPerMessage>(),
  }));
  const floors: (readonly number[])[] = [];
  for (let round = 1; round <= context.rounds; round += 1) {
    floors.push(await measureFloor());
    for (const { rate, latencies, costs } of measured) {
      const step = await measure(rate);
      latencies.push(step.latencies);
      costs.push(step.cpu);
    }
  }
  return measured.flatMap(({ costs, ...latency }) => [
    reportLatency({ ...latency, floors }),
    reportCost({ what: "CPU time a message", rate: latency.rate, costs }),
  ]);
}
