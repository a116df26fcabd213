import { expect } from "vitest";
import { createShardOf } from "../../../src/domain/shard-of.ts";
import type { Bridge } from "./bridge.ts";
import { type ExpectedUsers, findViolations } from "./find-violations.ts";
import { readTopic, type TopicRecord } from "../kafka/read-topic.ts";

/**
 * Checks the whole guarantee from the outside (see {@link findViolations}) and returns all events. `shards` lists the
 * numbers of shards that the bridge has had, oldest first. After a reshard the events are read as a consumer must read
 * them: each user's old partition before the new one.
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
  const epochOf = createEpochOf(shards);
  expect(events.filter((event) => epochOf(event) === -1)).toEqual([]);
  const inReadingOrder = events.toSorted((a, b) => epochOf(a) - epochOf(b));
  const [current, moved] = partition(states, (state) => epochOf(state, shards.slice(-1)) === 0);
  expect(findViolations({ events: inReadingOrder, states: current, ledger }, expected)).toEqual([]);
  const lastMoved = new Map(moved.map((state) => [`${state.partition} ${state.key}`, state]));
  expect([...lastMoved.values()].filter(({ headers }) => headers["bridge_moved_to"] === undefined)).toEqual([]);
  return inReadingOrder;
}

/** The index of the first number of shards that maps the record's key to the record's partition; -1 for none. */
const createEpochOf =
  (allShards: readonly number[]) =>
  ({ key, partition: at }: TopicRecord, shards = allShards) =>
    shards.findIndex((count) => createShardOf(count)(key) === at);

const partition = <T>(items: readonly T[], fits: (item: T) => boolean): readonly [T[], T[]] => [
  items.filter(fits),
  items.filter((item) => !fits(item)),
];
