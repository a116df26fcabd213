import { z } from "zod";
import { wrapKafkajs } from "./wrap-kafkajs.ts";

const transactionCoordinator = 1;
/** A second is many transactions, and short beside the pauses between kafkajs's own retries. */
const rememberedMs = 1_000;

const askedSchema = z.object({ groupId: z.string(), coordinatorType: z.number().optional() });

interface Remembered {
  readonly found: unknown;
  /** On the monotonic clock, ms. */
  readonly until: number;
}

/**
 * Lets kafkajs remember for a second which broker coordinates a transaction. By itself it asks twice in each one: two of
 * five round trips, and a third of what a small batch costs worker and broker (docs/adr/0006-remember-coordinators.md).
 *
 * When the coordinator moves, the old one refuses and the shard's publisher is thrown away, as after any error; the next
 * one is another cluster to kafkajs and asks anew.
 */
export const rememberCoordinators = (): void =>
  wrapKafkajs("cluster", "findGroupCoordinatorMetadata", (lookUp) => {
    const known = new WeakMap<object, Map<string, Remembered>>();
    return async function (asked) {
      const { groupId, coordinatorType } = askedSchema.parse(asked);
      if (coordinatorType !== transactionCoordinator) return lookUp.call(this, asked);
      const ofCluster = known.get(this) ?? new Map<string, Remembered>();
      known.set(this, ofCluster);
      const remembered = ofCluster.get(groupId);
      if (remembered !== undefined && performance.now() < remembered.until) return remembered.found;
      const found = await lookUp.call(this, asked);
      ofCluster.set(groupId, { found, until: performance.now() + rememberedMs });
      return found;
    };
  });
