import { checkShardCount, type ExpectedShardCount } from "../../src/resharding/assert-shard-count.ts";
import { workerShardCountError } from "../../src/resharding/shard-layout.ts";
import { bad, type Finding } from "./finding.ts";

/** Whether the bridge has this number of shards, and no change of it is unfinished; no finding when all is well. */
export async function checkShards(own: Omit<ExpectedShardCount, "shardCountError">): Promise<Finding[]> {
  const checked = await checkShardCount({ ...own, shardCountError: workerShardCountError });
  return checked === true ? [] : [bad("Shards", checked, "no worker starts before")];
}
