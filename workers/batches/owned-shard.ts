import type { ShardPublisher } from "../../src/kafka/publishing/shard-publisher.ts";
import type { ClaimedCheckpoint, ShardLedger } from "../../src/ledger/shard-ledger.ts";
import type { ShardJobs } from "../../src/queue/shard-jobs.ts";

/** A shard that this worker drains: nobody else can commit to it while this holds, and its ledger is complete. */
export interface OwnedShard {
  readonly shard: number;
  readonly publisher: ShardPublisher;
  readonly ledger: ShardLedger;
  readonly jobs: ShardJobs;
  claimed: ClaimedCheckpoint;
  close(): Promise<void>;
}
