import type { ShardPublisher } from "../kafka/publishing/shard-publisher.ts";
import { FencedError } from "../kafka/publishing/transaction-writer.ts";
import type { ShardLedger } from "../ledger/shard-ledger.ts";

export interface TakeDeps {
  /** One that moves states among so many shards. */
  readonly openPublisher: (shard: number, movesAmong: number) => Promise<ShardPublisher>;
  readonly createShardLedger: (shard: number) => ShardLedger;
  readonly cluster: string;
}

/**
 * Takes a shard from its owner, as the next owner does: fences it in Kafka, claims its ledger. The ledger is left empty and
 * with a claim that Kafka knows, so that the owner after us makes it anew from Kafka and takes it for no loss. Throws
 * {@link FencedError} when yet another owner came in between.
 */
async function takeShard({ openPublisher, createShardLedger, cluster }: TakeDeps, shard: number, count: number) {
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

/** Takes shards 0 to `count` - 1, works with their publishers, and closes these whatever becomes of it. */
export async function withShards<T>(
  deps: TakeDeps,
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
