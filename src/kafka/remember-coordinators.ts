import { createRequire } from "node:module";
import { z } from "zod";

const transactionCoordinator = 1;
/** A second is many transactions, and short beside the pauses between kafkajs's own retries. */
const rememberedMs = 1_000;

const lookUpSchema = z.object({ groupId: z.string(), coordinatorType: z.number().optional() });
interface Remembered {
  readonly found: unknown;
  /** On the monotonic clock, ms. */
  readonly until: number;
}

type LookUp = (this: object, asked: unknown) => Promise<unknown>;

const isLookUp = (value: unknown): value is LookUp => typeof value === "function";

let done = false;

/**
 * Lets kafkajs remember for a second which broker coordinates a transaction. By itself it asks twice in each one: two of
 * five round trips, and a third of what a small batch costs worker and broker (docs/adr/0006-remember-coordinators.md).
 *
 * When the coordinator moves, the old one refuses and the shard's publisher is thrown away, as after any error; the next
 * one is another cluster to kafkajs and asks anew. Where kafkajs has no such function (any more), all stays as it is.
 */
export function rememberCoordinators(): void {
  if (done) return;
  done = true;
  const Cluster: unknown = createRequire(import.meta.url)("kafkajs/src/cluster");
  if (typeof Cluster !== "function") return;
  const prototype: unknown = Cluster.prototype;
  if (typeof prototype !== "object" || prototype === null) return;
  const lookUp: unknown = Reflect.get(prototype, "findGroupCoordinatorMetadata");
  if (!isLookUp(lookUp)) return;

  const known = new WeakMap<object, Map<string, Remembered>>();
  const remember: LookUp = async function (asked) {
    const { groupId, coordinatorType } = lookUpSchema.parse(asked);
    if (coordinatorType !== transactionCoordinator) return lookUp.call(this, asked);
    const ofCluster = known.get(this) ?? new Map<string, Remembered>();
    known.set(this, ofCluster);
    const remembered = ofCluster.get(groupId);
    if (remembered !== undefined && performance.now() < remembered.until) return remembered.found;
    const found = await lookUp.call(this, asked);
    ofCluster.set(groupId, { found, until: performance.now() + rememberedMs });
    return found;
  };
  Reflect.set(prototype, "findGroupCoordinatorMetadata", remember);
}
