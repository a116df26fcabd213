import type { RunContext } from "../reconciliation-context.ts";
import { LedgerIncompleteError } from "../run-shards.ts";

/** Whether a ledger shows all users of its shard. One that cannot be read does not, whatever the reason. */
export async function isComplete({ viewShard, log }: RunContext, shard: number): Promise<boolean> {
  try {
    return (await viewShard(shard).read([])).complete;
  } catch (error) {
    log.debug({ event: "reconciliation.ledger_unreadable", shard, err: error });
    return false;
  }
}

/** Skips the shards whose ledgers are incomplete now. */
export async function skipIncomplete(context: RunContext): Promise<void> {
  const { runShards } = context;
  for (const shard of runShards.compared()) if (!(await isComplete(context, shard))) runShards.skip(shard);
}

/**
 * To be called before the watermark moves past what a run has not compared. Throws a {@link LedgerIncompleteError} when the run has
 * skipped every shard.
 */
export async function rememberSkipped({ runShards, skippedShards }: RunContext): Promise<void> {
  if (runShards.compared().length === 0) throw new LedgerIncompleteError(runShards.skipped());
  await skippedShards.add(runShards.skipped());
}
