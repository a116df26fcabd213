import type { BenchContext } from "../context.ts";
import { createEventsTopic } from "../kafka/create-events-topic.ts";
import { type BenchMessage, createMessageSource } from "../messages/make-message.ts";
import { openNaiveQueue } from "../queues/open-naive-queue.ts";
import { type Arrival, openOurQueues } from "../queues/open-our-queues.ts";
import { compareRates, reportCost, type Row } from "../report/rows.ts";
import { median } from "../report/statistics.ts";
import { eventsTopicOf } from "../systems/our-environment.ts";
import { startNaiveWorker } from "../systems/start-naive.ts";
import { startOurWorker } from "../systems/start-our-worker.ts";
import { drainBullmqAlone } from "./ceiling.ts";
import { type Drained, drainOnce } from "./drain-once.ts";

const users = 3_000;
const messagesPerUser = 4;
const warmUpMessages = 2_000;

/**
 * Committed events per second, from full queues to the last event, with one worker alone on the machine. In each round all
 * systems get the same 12,000 messages of 3,000 users in the same order, and each message gives one event.
 */
export async function benchDrain(context: BenchContext): Promise<Row[]> {
  const drained = {
    grouped: new Array<Drained>(),
    alone: new Array<Drained>(),
    ordered: new Array<Drained>(),
    unordered: new Array<Drained>(),
  };
  const ceiling: number[] = [];
  for (let round = 1; round <= context.rounds; round += 1) {
    const take = createMessageSource(users);
    const messages = { warmUp: take(warmUpMessages), measured: take(users * messagesPerUser) };
    const name = (what: string) => `drain-${round}-${what}`;
    drained.grouped.push(await drainOurs(context, name("grouped"), "grouped", messages));
    drained.ordered.push(await drainNaive(context, name("ordered"), 1, messages));
    drained.alone.push(await drainOurs(context, name("alone"), "alone", messages));
    ceiling.push(await drainBullmqAlone(context, name("ceiling"), messages.measured));
    drained.unordered.push(await drainNaive(context, name("unordered"), 64, messages));
  }
  const [grouped, alone, ordered, unordered] = [
    ratesOf(drained.grouped),
    ratesOf(drained.alone),
    ratesOf(drained.ordered),
    ratesOf(drained.unordered),
  ];
  const [manyPerJob, onePerJob] = ["drain, jobs as 64 connections fill them", "drain, one message a job"];
  return [
    compareRates({ what: manyPerJob, against: "naive in order", ours: grouped, other: ordered, atLeast: 8 }),
    compareRates({ what: manyPerJob, against: "naive, 64 at a time", ours: grouped, other: unordered, atLeast: 2 }),
    compareRates({ what: manyPerJob, against: "BullMQ alone", ours: grouped, other: ceiling, atLeast: 0.8 }),
    costOf(manyPerJob, drained.grouped),
    compareRates({ what: onePerJob, against: "naive in order", ours: alone, other: ordered, atLeast: 6 }),
    compareRates({ what: onePerJob, against: "naive, 64 at a time", ours: alone, other: unordered, atLeast: 1.8 }),
    costOf(onePerJob, drained.alone),
    costOf("naive, 64 at a time", drained.unordered),
  ];
}

const ratesOf = (rounds: readonly Drained[]) => rounds.map(({ rate }) => rate);

const costOf = (what: string, rounds: readonly Drained[]) =>
  reportCost({
    what: `CPU time of a message, ${what}`,
    rate: median(ratesOf(rounds)),
    costs: rounds.map(({ cpu }) => cpu),
  });

interface DrainMessages {
  readonly warmUp: readonly BenchMessage[];
  readonly measured: readonly BenchMessage[];
}

async function drainOurs(
  context: BenchContext,
  name: string,
  arrival: Arrival,
  messages: DrainMessages,
): Promise<Drained> {
  const topic = eventsTopicOf(name);
  await createEventsTopic(context, topic);
  await using queues = await openOurQueues(context, name, arrival);
  const startWorker = () => startOurWorker(context, name);
  return await drainOnce(context, { name, topic, queues, startWorker, ...messages });
}

async function drainNaive(
  context: BenchContext,
  name: string,
  concurrency: number,
  messages: DrainMessages,
): Promise<Drained> {
  const topic = `${name}.events`;
  await createEventsTopic(context, topic);
  await using queues = openNaiveQueue(context, name);
  const startWorker = () => startNaiveWorker(context, { queue: name, topic, concurrency });
  return await drainOnce(context, { name, topic, queues, startWorker, ...messages });
}
