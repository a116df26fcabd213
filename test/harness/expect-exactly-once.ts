import { expect } from "vitest";
import type { Bridge } from "./bridge.ts";
import { type ExpectedUsers, findViolations } from "./find-violations.ts";
import { readTopic, type TopicRecord } from "./read-topic.ts";

/** Checks the whole guarantee from outside (see {@link findViolations}), and returns all events. */
export async function expectExactlyOnce(bridge: Bridge, expected: ExpectedUsers): Promise<readonly TopicRecord[]> {
  const [events, states, ledger] = await Promise.all([
    readTopic(bridge.kafkaBrokers, bridge.eventsTopic),
    readTopic(bridge.kafkaBrokers, bridge.stateTopic),
    bridge.readLedger(),
  ]);
  expect(findViolations({ events, states, ledger }, expected)).toEqual([]);
  return events;
}
