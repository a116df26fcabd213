import { checkTopology, type OwnTopology } from "../../src/resharding/assert-shard-count.ts";
import { refusalOfWorker } from "../../src/resharding/shard-layout.ts";
import { bad, type Finding } from "./finding.ts";

/** Whether the bridge has this number of shards, and no change of it is unfinished; no finding when all is well. */
export async function checkShards(own: Omit<OwnTopology, "refusalOf">): Promise<Finding[]> {
  const checked = await checkTopology({ ...own, refusalOf: refusalOfWorker });
  return checked === true ? [] : [bad("Shards", checked, "no worker starts before")];
}
