import { runShard, type RunDeps } from "./run-shard.ts";
import { ShardStatus } from "./shard-status.ts";

interface Running {
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/** Runs what the group assigns: one loop for each shard, none for the others. */
export class ShardSupervisor {
  readonly #deps: () => RunDeps;
  readonly #now: () => number;
  readonly #running = new Map<number, Running>();
  readonly #status = new Map<number, ShardStatus>();
  #stopped = false;

  constructor(deps: () => RunDeps, now: () => number) {
    this.#deps = deps;
    this.#now = now;
  }

  /** Starts the shards that are new and tells those that are gone to finish what they have in hand. */
  assign(shards: ReadonlySet<number>): void {
    for (const [shard, { abort }] of this.#running) if (!shards.has(shard)) abort.abort();
    if (this.#stopped) return;
    for (const shard of shards) void this.#start(shard);
  }

  /** Finishes what is in hand, on all shards, and starts nothing more. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.assign(new Set());
    await Promise.all([...this.#running.values()].map(({ done }) => done));
  }

  get draining(): number {
    return [...this.#status.values()].filter((status) => status.isDraining).length;
  }

  /** The shards that have not got on for so long, and why. */
  stuck(ms: number): ReadonlyMap<number, string> {
    const reasons = [...this.#status].map(([shard, status]) => [shard, status.stalledReason(ms)] as const);
    return new Map(reasons.flatMap(([shard, reason]) => (reason === undefined ? [] : [[shard, reason] as const])));
  }

  async #start(shard: number): Promise<void> {
    const before = this.#running.get(shard);
    if (before !== undefined && !before.abort.signal.aborted) return;
    const abort = new AbortController();
    const status = new ShardStatus(this.#now);
    // A shard that comes back while its last run still finishes: one run after the other.
    const done = (before?.done ?? Promise.resolve()).then(() => runShard(this.#deps(), shard, status, abort.signal));
    const running = { abort, done };
    this.#running.set(shard, running);
    this.#status.set(shard, status);
    await done.finally(() => {
      if (this.#running.get(shard) !== running) return;
      this.#running.delete(shard);
      this.#status.delete(shard);
    });
  }
}
