import { expect } from "vitest";
import { createShardOf } from "../../../src/domain/shard-of.ts";
import type { Bridge } from "./bridge.ts";
import { type ExpectedUsers, findViolations } from "./find-violations.ts";
import { readTopic, type TopicRecord } from "../kafka/read-topic.ts";

/**
 * Checks the whole guarantee from outside (see {@link findViolations}), and returns all events. `shards`: the numbers of
 * shards the bridge has had, the first one first, when these have changed; the events are then read as a consumer must,
 * each user's old partition before the new one.
 */
export async function expectExactlyOnce(
  bridge: Bridge,
  expected: ExpectedUsers,
  shards: readonly number[] = [bridge.shards],
): Promise<readonly TopicRecord[]> {
  const [events, states, ledger] = await Promise.all([
    readTopic(bridge.kafkaBrokers, bridge.eventsTopic),
    readTopic(bridge.kafkaBrokers, bridge.stateTopic),
    bridge.readLedger(),
  ]);
  const turnOf = createTurnOf(shards);
  expect(events.filter((event) => turnOf(event) === -1)).toEqual([]);
  const inTurn = events.toSorted((a, b) => turnOf(a) - turnOf(b));
  const [placed, left] = partition(states, (state) => turnOf(state, shards.slice(-1)) === 0);
  expect(findViolations({ events: inTurn, states: placed, ledger }, expected)).toEqual([]);
  const lastLeft = new Map(left.map((state) => [`${state.partition} ${state.key}`, state]));
  expect([...lastLeft.values()].filter(({ headers }) => headers["bridge_moved_to"] === undefined)).toEqual([]);
  return inTurn;
}

/** Which of the numbers of shards, the first that fits, has the record's key in the record's partition; -1 for none. */
const createTurnOf =
  (allShards: readonly number[]) =>
  ({ key, partition: at }: TopicRecord, shards = allShards) =>
    shards.findIndex((count) => createShardOf(count)(key) === at);

const partition = <T>(items: readonly T[], fits: (item: T) => boolean): readonly [T[], T[]] => [
  items.filter(fits),
  items.filter((item) => !fits(item)),
];
