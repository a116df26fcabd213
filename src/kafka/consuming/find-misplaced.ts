import { z } from "zod";
import { type State, stateSchema } from "../../domain/state.ts";
import { openUserFiles } from "../../shared/user-files.ts";
import { decodeState } from "../records/records.ts";
import type { FollowOptions } from "./follow-topic.ts";

export interface FindMisplacedOptions {
  readonly follow: (options: FollowOptions) => Promise<void>;
  readonly topic: string;
  readonly shardOf: (userId: string) => number;
  readonly signal: AbortSignal;
}

/** States of some users by the partition that holds them. */
type StatesByPartition = ReadonlyMap<number, ReadonlyMap<string, State>>;

/** The states that belong into another partition. They wait in temporary files, because they can be half of all states. */
export interface MisplacedStates extends AsyncDisposable {
  count(): Promise<number>;
  /** All of them, some users at a time. */
  groups(): AsyncGenerator<StatesByPartition>;
}

/** `state`: null when it has left the partition. */
const entrySchema = z.object({ partition: z.number(), state: stateSchema.nullable() });
type Entry = z.infer<typeof entrySchema>;

/**
 * Reads the whole state topic and finds the users whose state is not in the partition of their shard. There are none exactly when
 * the topic has been resharded to this number of shards: one transaction takes a state out of one partition and puts it
 * into the other. Throws for a record that the bridge did not write.
 */
export async function findMisplaced({
  follow,
  topic,
  shardOf,
  signal,
}: FindMisplacedOptions): Promise<MisplacedStates> {
  await using opened = new AsyncDisposableStack();
  const files = opened.use(openUserFiles<Entry>((json) => entrySchema.parse(json)));
  await follow({
    topic,
    from: "beginning",
    until: "now",
    signal,
    onRecords: async (records) => {
      for (const { partition, key, value, headers } of records) {
        const record = decodeState({ key, value, header: (name) => headers[name] });
        if (record.kind === "barrier" || shardOf(record.userId) === partition) continue;
        await files.add(record.userId, { partition, state: record.kind === "moved" ? null : record.state });
      }
    },
  });
  const groups = async function* groups() {
    for await (const users of files.groups()) yield misplacedIn(users);
  };
  const owned = opened.move();
  return {
    groups,
    count: async () => {
      let count = 0;
      for await (const states of groups()) for (const ofPartition of states.values()) count += ofPartition.size;
      return count;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The last entry of a user in a partition counts. */
function misplacedIn(users: ReadonlyMap<string, readonly Entry[]>): StatesByPartition {
  const misplaced = new Map<number, Map<string, State>>();
  for (const [userId, entries] of users) {
    for (const { partition, state } of entries) {
      const states = misplaced.get(partition) ?? new Map<string, State>();
      misplaced.set(partition, states);
      if (state === null) states.delete(userId);
      else states.set(userId, state);
    }
  }
  return misplaced;
}

/** The number of users whose state is in another partition. */
export async function countMisplaced(found: Promise<MisplacedStates>): Promise<number> {
  await using misplaced = await found;
  return await misplaced.count();
}
