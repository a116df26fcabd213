export type ShardPhase = "idle" | "owning" | "draining";

/**
 * The progress of one shard, for readiness. A shard makes progress when it finishes a batch and when its queue is empty
 * (it looks every second). It makes none while it is being owned or dropped, or while Redis or Kafka do not answer.
 */
export class ShardStatus {
  readonly #now: () => number;
  #phase: ShardPhase = "idle";
  #progressAt: number;
  #lastDrop: string | undefined;

  constructor(now: () => number) {
    this.#now = now;
    this.#progressAt = now();
  }

  enter(phase: ShardPhase): void {
    this.#phase = phase;
  }

  markProgress(): void {
    this.#progressAt = this.#now();
    this.#lastDrop = undefined;
  }

  markDropped(reason: string): void {
    this.#lastDrop = reason;
  }

  /** For operators. `problem`: why the shard was last dropped, if it has made no progress since. */
  describe(): { readonly phase: ShardPhase; readonly problem?: string } {
    return { phase: this.#phase, ...(this.#lastDrop !== undefined && { problem: this.#lastDrop }) };
  }

  /** Why the shard has made no progress for `timeoutMs`; undefined if it has. */
  stalledReason(timeoutMs: number): string | undefined {
    if (this.#now() - this.#progressAt < timeoutMs) return undefined;
    return this.#lastDrop === undefined ? `stalled while ${this.#phase}` : `stalled, last dropped: ${this.#lastDrop}`;
  }
}
