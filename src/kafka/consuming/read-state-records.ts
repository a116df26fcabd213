import type { State } from "../../domain/state.ts";
import { decodeState } from "../records/records.ts";
import type { FollowFrom, FollowOptions } from "./follow-topic.ts";

export interface StateRecordsOptions {
  readonly follow: (options: FollowOptions) => Promise<void>;
  readonly topic: string;
  readonly shardOf: (userId: string) => number;
  readonly from: FollowFrom;
  readonly signal: AbortSignal;
  /** Called for each record of a user, in the order of the user's records. */
  readonly onState: (userId: string, state: State | "unreadable") => Promise<void>;
  /** Called with the number of records in each batch. */
  readonly onRead?: ((records: number) => void) | undefined;
}

/**
 * Reads the states of the state topic, up to now. The last one of a user counts; `unreadable` stands for a record that the bridge did not
 * write.
 */
export async function readStateRecords(options: StateRecordsOptions): Promise<void> {
  const { follow, topic, shardOf, from, signal, onState, onRead } = options;
  await follow({
    topic,
    from,
    until: "now",
    signal,
    onRecords: async (records) => {
      onRead?.(records.length);
      for (const { partition, key, value, headers } of records) {
        // A state in another partition dates from before a change of the number of shards.
        if (shardOf(key) !== partition) continue;
        const read = decode({ key, value, header: (name) => headers[name] });
        if (read !== undefined) await onState(read.userId, read.state);
      }
    },
  });
}

/** Undefined for a record that is no state. */
function decode(raw: Parameters<typeof decodeState>[0]): { userId: string; state: State | "unreadable" } | undefined {
  try {
    const record = decodeState(raw);
    return record.kind === "state" ? record : undefined;
  } catch {
    return { userId: raw.key, state: "unreadable" };
  }
}
