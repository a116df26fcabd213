import type { ShardPublisher } from "../kafka/publishing/shard-publisher.ts";
import { FencedError } from "../kafka/publishing/transaction-writer.ts";
import type { ShardLedger } from "../ledger/shard-ledger.ts";

export interface TakeShardsDeps {
  /** Creates a publisher that moves states among this number of shards. */
  readonly openPublisher: (shard: number, movesAmong: number) => Promise<ShardPublisher>;
  readonly createShardLedger: (shard: number) => ShardLedger;
  readonly cluster: string;
}

/**
 * Takes a shard from its owner, as the next owner does: fences it in Kafka and claims its ledger. The ledger stays empty with a
 * claim that Kafka knows, so that the next owner rebuilds it from Kafka and does not count it as lost. Throws
 * {@link FencedError} when another owner claims the ledger in between.
 */
async function takeShard({ openPublisher, createShardLedger, cluster }: TakeShardsDeps, shard: number, count: number) {
  const publisher = await openPublisher(shard, count);
  try {
    const ledger = createShardLedger(shard);
    const { offset: barrier, id: barrierId } = publisher.barrier;
    if (await ledger.claim(await ledger.inspect(), { barrier, barrierId, cluster }, "rebuild")) return publisher;
    throw new FencedError("another owner has claimed the ledger");
  } catch (error) {
    await publisher.close();
    throw error;
  }
}

/** Takes the shards 0 to `count` - 1, runs `work` with their publishers and closes the publishers in any case. */
export async function withShards<T>(
  deps: TakeShardsDeps,
  count: number,
  work: (publishers: readonly ShardPublisher[]) => Promise<T>,
): Promise<T> {
  const publishers: ShardPublisher[] = [];
  try {
    for (let shard = 0; shard < count; shard += 1) publishers.push(await takeShard(deps, shard, count));
    return await work(publishers);
  } finally {
    await Promise.allSettled(publishers.map((publisher) => publisher.close()));
  }
}
