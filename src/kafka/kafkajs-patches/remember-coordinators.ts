import { z } from "zod";
import { keepCoordinatorError } from "./keep-coordinator-error.ts";
import { wrapMethod } from "./wrap-method.ts";

const transactionCoordinator = 1;
/** Long enough for many transactions, and shorter than the time for which kafkajs itself retries. */
const maxAgeMs = 1_000;

const requestSchema = z.object({ groupId: z.string(), coordinatorType: z.number().optional() });

interface Remembered {
  readonly found: unknown;
  /** Monotonic clock, in ms. */
  readonly until: number;
}

/**
 * Makes kafkajs remember for a second which broker coordinates a transaction (ADR 6). When the coordinator moves, the old broker
 * refuses; the shard's publisher is then discarded, as after any error, and the next publisher asks again.
 */
export const rememberCoordinators = (): void =>
  wrapMethod("cluster", "findGroupCoordinatorMetadata", (lookUp) => {
    const known = new WeakMap<object, Map<string, Remembered>>();
    return async function (request) {
      const { groupId, coordinatorType } = requestSchema.parse(request);
      const find = () => keepCoordinatorError(groupId, () => lookUp.call(this, request));
      if (coordinatorType !== transactionCoordinator) return find();
      const ofCluster = known.get(this) ?? new Map<string, Remembered>();
      known.set(this, ofCluster);
      const remembered = ofCluster.get(groupId);
      if (remembered !== undefined && performance.now() < remembered.until) return remembered.found;
      const found = await find();
      ofCluster.set(groupId, { found, until: performance.now() + maxAgeMs });
      return found;
    };
  });
