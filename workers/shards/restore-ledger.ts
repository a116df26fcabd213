import type { StateReader } from "../../src/kafka/consuming/state-reader.ts";
import type { ClaimedCheckpoint, ShardLedger } from "../../src/ledger/shard-ledger.ts";

export interface RestoreOptions {
  readonly ledger: ShardLedger;
  readonly reader: StateReader;
  readonly shard: number;
  readonly from: bigint;
  readonly barrier: bigint;
  readonly signal: AbortSignal;
}

/**
 * Applies the states from `from` up to the barrier to a ledger this owner has claimed, and leaves the checkpoint behind
 * the barrier. The checkpoint moves with every piece, so the next owner goes on where one that dies here stopped. Returns
 * the number of states applied.
 */
export async function restoreLedger({ ledger, reader, shard, from, barrier, signal }: RestoreOptions): Promise<number> {
  let claimed: ClaimedCheckpoint = { barrier, offset: from };
  let restored = 0;
  await reader.read({
    shard,
    from,
    to: barrier,
    signal,
    onRecords: async (records) => {
      const last = records.at(-1);
      if (last === undefined) return;
      const states = records.flatMap(({ offset, record }) => {
        switch (record.kind) {
          case "state":
            return { userId: record.userId, state: record.state, offset };
          case "moved":
            return { userId: record.userId, state: undefined, offset };
          case "barrier":
            return [];
        }
      });
      const applied = await ledger.apply(claimed, last.offset + 1n, states);
      if (applied.outcome !== "applied") throw new SupersededError(`the ledger was ${applied.outcome} while restoring`);
      claimed = { barrier, offset: last.offset + 1n };
      restored += states.length;
    },
  });
  return restored;
}

/** A later owner has claimed the shard's ledger. */
export class SupersededError extends Error {
  override readonly name = "SupersededError";
}
