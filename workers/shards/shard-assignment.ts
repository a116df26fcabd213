import type { ShardGroupListener } from "../../src/kafka/consuming/join-shard-group.ts";
import type { Logger } from "../../src/shared/logger.ts";

type OnAssigned = (shards: ReadonlySet<number>) => void;

/** The shards that the group assigns to this worker, and a gate that stops their loops between two batches during a rebalance. */
export class ShardAssignment implements ShardGroupListener {
  readonly onFatal: (error: unknown) => void;
  readonly #log: Logger;
  #shards: ReadonlySet<number> = new Set();
  #follower: OnAssigned | undefined;
  #gate = Promise.withResolvers<void>();

  constructor(log: Logger, onFatal: (error: unknown) => void) {
    this.#log = log;
    this.onFatal = onFatal;
    this.#gate.resolve();
  }

  readonly onRebalancing = (): void => {
    this.#gate.resolve();
    this.#gate = Promise.withResolvers();
  };

  readonly onAssigned: OnAssigned = (shards) => {
    this.#log.info({ event: "group.assigned", shards: [...shards] }, "Shards assigned");
    this.#gate.resolve();
    this.#shards = shards;
    this.#follower?.(shards);
  };

  /** Resolves when the group does not rebalance. */
  rebalanced(): Promise<void> {
    return this.#gate.promise;
  }

  /** Calls `follower` with the present assignment now, and with every later one. */
  follow(follower: OnAssigned): void {
    this.#follower = follower;
    follower(this.#shards);
  }
}
