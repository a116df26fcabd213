import type { State } from "../../domain/state.ts";
import { decodeState } from "../records/records.ts";
import type { FollowFrom, FollowOptions } from "./follow-topic.ts";

export interface StateTableOptions {
  readonly follow: (options: FollowOptions) => Promise<void>;
  readonly topic: string;
  readonly shardOf: (userId: string) => number;
  readonly from: FollowFrom;
  readonly signal: AbortSignal;
  /** Called with the number of records in each batch. */
  readonly onRead?: ((records: number) => void) | undefined;
}

/** The latest state of every user in the state topic, up to now; `unreadable` for a record that the bridge did not write. */
export async function readStateTable(options: StateTableOptions): Promise<Map<string, State | "unreadable">> {
  const { follow, topic, shardOf, from, signal, onRead } = options;
  const table = new Map<string, State | "unreadable">();
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
        try {
          const record = decodeState({ key, value, header: (name) => headers[name] });
          if (record.kind === "state") table.set(record.userId, record.state);
        } catch {
          table.set(key, "unreadable");
        }
      }
    },
  });
  return table;
}
