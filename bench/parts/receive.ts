import { join } from "node:path";
import type { BenchContext } from "../context.ts";
import { runWrk } from "../load/run-wrk.ts";
import { writeRequests } from "../load/write-requests.ts";
import { createMessageSource } from "../messages/make-message.ts";
import { flushRedis } from "../queues/bench-queues.ts";
import { openOurQueues } from "../queues/open-our-queues.ts";
import { compareRates, type Row } from "../report/rows.ts";
import { startBareServer } from "../systems/start-naive.ts";
import { startOurApi } from "../systems/start-our-api.ts";

const name = "receive";
const users = 5_000;
const warmUpSeconds = 2;

/**
 * Accepted webhooks of 3 KiB per second over some connections, each of which sends the next request after a response. Our
 * receiver verifies the message and responds when Redis has fsynced it; the bare route reads the body and responds. No
 * worker runs. Both get the same requests, and every message that our receiver accepted must be in Redis afterwards.
 */
export async function benchReceive(context: BenchContext): Promise<Row[]> {
  const { seconds, rounds, log } = context;
  const requestsFile = join(context.dir, `${name}.requests`);
  await using bare = await startBareServer(context);
  await using api = await startOurApi(context, name);
  await using queues = await openOurQueues(context, name);
  const take = createMessageSource(users);

  await writeRequests(requestsFile, take(users));
  await runWrk({ port: api.port, requestsFile, seconds: warmUpSeconds });
  const { rate: fastest } = await runWrk({ port: bare.port, requestsFile, seconds: warmUpSeconds });

  const ratesOf = context.connections.map((connections) => ({ connections, ours: rateList(), other: rateList() }));
  for (let round = 1; round <= rounds; round += 1)
    for (const rates of ratesOf) {
      const { connections } = rates;
      await flushRedis(context);
      // No receiver is faster than the bare one, so these messages are enough.
      const messages = take(Math.ceil(fastest * 1.5 * seconds));
      await writeRequests(requestsFile, messages);
      const other = await runWrk({ port: bare.port, requestsFile, seconds, connections });
      const ours = await runWrk({ port: api.port, requestsFile, seconds, connections });
      const stored = await queues.countMessages();
      if (stored < ours.accepted || stored > ours.sentAt.length || ours.sentAt.length > messages.length) {
        throw new Error(`Redis holds ${stored} messages, of ${ours.sentAt.length} sent and ${ours.accepted} accepted`);
      }
      rates.ours.push(ours.rate);
      rates.other.push(other.rate);
      log(
        `receive over ${connections} connections, round ${round}: ours ${ours.rate.toFixed(0)}/s, bare ${other.rate.toFixed(0)}/s, Redis holds ${stored}`,
      );
    }
  await flushRedis(context);
  return ratesOf.map(({ connections, ours, other }) =>
    compareRates({
      what: `receive over ${connections} connections`,
      against: "bare Hono route",
      ours,
      other,
      atLeast: 0.45,
    }),
  );
}

const rateList = (): number[] => [];
