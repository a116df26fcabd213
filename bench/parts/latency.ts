import type { BenchContext } from "../context.ts";
import { runLoadStep } from "../load/run-load-step.ts";
import { createMessageSource } from "../messages/make-message.ts";
import { reportLatency, type Row } from "../report/rows.ts";
import { quantile } from "../report/statistics.ts";
import { startOurBridge } from "../systems/start-our-bridge.ts";

const users = 5_000;
const fractions = [
  { name: "a tenth", of: 0.1, atMost: 10 },
  { name: "half", of: 0.5, atMost: 15 },
];

/**
 * The time in ms from sending a request until a read_committed consumer has its event. It includes the time until the
 * response. The load generator and this process, which consumes, measure with the machine's clock in whole ms.
 */
export async function benchLatency(context: BenchContext, sustainableRate: number): Promise<Row[]> {
  await using bridge = await startOurBridge(context, "latency");
  const take = createMessageSource(users);
  const measure = async (rate: number) => {
    const { load, messages, events } = await runLoadStep(context, { bridge, take, rate, read: "during" });
    const sentAt = new Map(load.sentAt.map((at, index) => [messages[index]?.id, at]));
    const latencies = events.flatMap(({ svixId, seenAt }) => {
      const at = sentAt.get(svixId);
      return at === undefined ? [] : seenAt - at;
    });
    const [p50, p99] = [quantile(latencies, 0.5), quantile(latencies, 0.99)];
    context.log(`latency at ${rate}/s: p50 ${p50} ms, p99 ${p99} ms of ${latencies.length} events`);
    return { p50, p99 };
  };

  await measure(Math.round(sustainableRate / 2)); // A warm-up.
  const measured = fractions.map(({ name, of, atMost }) => ({
    what: `latency at ${name} of the sustained rate`,
    rate: Math.round(sustainableRate * of),
    atMost,
    p50s: new Array<number>(),
    p99s: new Array<number>(),
  }));
  for (let round = 1; round <= context.rounds; round += 1) {
    for (const { rate, p50s, p99s } of measured) {
      const { p50, p99 } = await measure(rate);
      p50s.push(p50);
      p99s.push(p99);
    }
  }
  return measured.map(reportLatency);
}
