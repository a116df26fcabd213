import { join } from "node:path";
import type { BenchContext } from "../context.ts";
import { runWrk } from "../load/run-wrk.ts";
import { writeRequests } from "../load/write-requests.ts";
import { createMessageSource } from "../messages/make-message.ts";
import { flushRedis } from "../queues/bench-queues.ts";
import { openOurQueues } from "../queues/open-our-queues.ts";
import { compareRates, reportCost, type Row } from "../report/rows.ts";
import { median } from "../report/statistics.ts";
import { type CpuPerMessage, startCpuCount } from "../systems/process-counters.ts";
import { startBareServer, startDurableServer } from "../systems/start-naive.ts";
import { startOurApi } from "../systems/start-our-api.ts";

const name = "receive";
const users = 5_000;
const warmUpSeconds = 2;

/**
 * Accepted webhooks of 3 KiB per second over some connections, each of which sends the next request after a response. Our
 * receiver verifies the message and responds when Redis has fsynced it; the bare route reads the body and responds, and the durable
 * one also stores it in the same Redis. No worker runs. All get the same requests, and every message that our receiver accepted
 * must be in Redis afterwards.
 */
export async function benchReceive(context: BenchContext): Promise<Row[]> {
  const { seconds, rounds, log } = context;
  const requestsFile = join(context.dir, `${name}.requests`);
  await using bare = await startBareServer(context);
  await using durable = await startDurableServer(context);
  await using api = await startOurApi(context, name);
  await using queues = await openOurQueues(context, name);
  const take = createMessageSource(users);

  await writeRequests(requestsFile, take(users));
  await runWrk({ port: api.port, requestsFile, seconds: warmUpSeconds });
  await runWrk({ port: durable.port, requestsFile, seconds: warmUpSeconds });
  const { rate: fastest } = await runWrk({ port: bare.port, requestsFile, seconds: warmUpSeconds });

  const measured = context.connections.map((connections) => ({
    connections,
    ours: rateList(),
    bare: rateList(),
    durable: rateList(),
    costs: new Array<CpuPerMessage>(),
  }));
  for (let round = 1; round <= rounds; round += 1)
    for (const { connections, ...rates } of measured) {
      // No receiver is faster than the bare one, so these messages are enough.
      const messages = take(Math.ceil(fastest * 1.5 * seconds));
      await writeRequests(requestsFile, messages);
      const load = { requestsFile, seconds, connections };
      rates.bare.push((await runWrk({ port: bare.port, ...load })).rate);
      rates.durable.push((await runWrk({ port: durable.port, ...load })).rate);
      await flushRedis(context);
      const count = await startCpuCount({ API: api.pid, ...context.serverPids });
      const ours = await runWrk({ port: api.port, ...load });
      const { API = 0, Redis = 0 } = await count(ours.accepted);
      const stored = await queues.countMessages();
      if (stored < ours.accepted || stored > ours.sentAt.length || ours.sentAt.length > messages.length) {
        throw new Error(`Redis holds ${stored} messages, of ${ours.sentAt.length} sent and ${ours.accepted} accepted`);
      }
      rates.ours.push(ours.rate);
      rates.costs.push({ API, Redis });
      await flushRedis(context);
      log(`receive over ${connections} connections, round ${round}: ${describe(rates)}, Redis holds ${stored}`);
    }
  return measured.flatMap(({ connections, ours, costs, ...others }) => {
    const what = `receive over ${connections} connections`;
    return [
      compareRates({ what, against: "bare Hono route", ours, other: others.bare, atLeast: 0.45 }),
      compareRates({ what, against: "Hono route with a durable write", ours, other: others.durable }),
      reportCost({ what: `CPU time of a message received over ${connections} connections`, rate: median(ours), costs }),
    ];
  });
}

const rateList = (): number[] => [];

const describe = (rates: Readonly<Record<"ours" | "bare" | "durable", readonly number[]>>) =>
  Object.entries({ ours: rates.ours, bare: rates.bare, durable: rates.durable })
    .map(([system, all]) => `${system} ${all.at(-1)?.toFixed(0)}/s`)
    .join(", ");
