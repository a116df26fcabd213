import type { ShardContext } from "../context/shard-context.ts";
import { runShard } from "./run-shard.ts";
import { ShardStatus } from "./shard-status.ts";

interface Running {
  readonly abort: AbortController;
  readonly status: ShardStatus;
  readonly done: Promise<void>;
}

/** Runs one loop for each shard that the group assigns to this worker. */
export class ShardSupervisor {
  readonly #context: ShardContext;
  readonly #running = new Map<number, Running>();
  #stopped = false;

  constructor(context: ShardContext) {
    this.#context = context;
  }

  /** Starts the shards that are new. Those no longer assigned finish their current batch and stop. */
  assign(shards: ReadonlySet<number>): void {
    for (const [shard, { abort }] of this.#running) if (!shards.has(shard)) abort.abort();
    if (this.#stopped) return;
    for (const shard of shards) void this.#start(shard);
  }

  /** Finishes the current batch of every shard and starts no more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.assign(new Set());
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  /** The shards without progress for `timeoutMs`, each with the reason. */
  stalled(timeoutMs: number): ReadonlyMap<number, string> {
    const reasons = new Map<number, string>();
    for (const [shard, { status }] of this.#running) {
      const reason = status.stalledReason(timeoutMs);
      if (reason !== undefined) reasons.set(shard, reason);
    }
    return reasons;
  }

  /** The assigned shards, for operators. */
  describe(): readonly { readonly shard: number; readonly phase: string; readonly problem?: string }[] {
    return Array.from(this.#running, ([shard, { status }]) => ({ shard, ...status.describe() }));
  }

  async #start(shard: number): Promise<void> {
    const before = this.#running.get(shard);
    if (before !== undefined && !before.abort.signal.aborted) return;
    const abort = new AbortController();
    const status = new ShardStatus(this.#context.now);
    // A shard may be assigned again while its last run still finishes: one run follows the other.
    const done = (before?.done ?? Promise.resolve()).then(() => runShard(this.#context, shard, status, abort.signal));
    const running = { abort, status, done };
    this.#running.set(shard, running);
    await done.finally(() => {
      if (this.#running.get(shard) === running) this.#running.delete(shard);
    });
  }
}
