import type { State } from "../../domain/state.ts";
import { decodeState } from "../records/records.ts";
import type { FollowOptions } from "./follow-topic.ts";

export interface FindMisplacedOptions {
  readonly follow: (options: FollowOptions) => Promise<void>;
  readonly topic: string;
  readonly shardOf: (userId: string) => number;
  readonly signal: AbortSignal;
}

/** The states that belong into another partition, by the partition that holds them. */
export type MisplacedStates = ReadonlyMap<number, ReadonlyMap<string, State>>;

/**
 * Reads the whole state topic and finds the users whose state is not in the partition of their shard. There are none exactly when
 * the topic has been resharded to this number of shards: one transaction takes a state out of one partition and puts it
 * into the other. Holds the misplaced states in memory. Throws for a record that the bridge did not write.
 */
export async function findMisplaced({
  follow,
  topic,
  shardOf,
  signal,
}: FindMisplacedOptions): Promise<MisplacedStates> {
  const misplaced = new Map<number, Map<string, State>>();
  await follow({
    topic,
    from: "beginning",
    until: "now",
    signal,
    onRecords: async (records) => {
      for (const { partition, key, value, headers } of records) {
        const record = decodeState({ key, value, header: (name) => headers[name] });
        if (record.kind === "barrier" || shardOf(record.userId) === partition) continue;
        const states = misplaced.get(partition) ?? new Map<string, State>();
        misplaced.set(partition, states);
        if (record.kind === "moved") states.delete(record.userId);
        else states.set(record.userId, record.state);
      }
    },
  });
  return misplaced;
}

export const countMisplaced = (misplaced: MisplacedStates): number =>
  [...misplaced.values()].reduce((sum, states) => sum + states.size, 0);
