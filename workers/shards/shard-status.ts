/**
 * Where a shard stands, for readiness and metrics. It gets on while batches go through and while its queue has nothing
 * (a take comes back every second); it does not while it is being taken or dropped, or while Redis or Kafka do not answer.
 */
export class ShardStatus {
  readonly #now: () => number;
  #phase: "idle" | "owning" | "draining" = "idle";
  #gotOnAt: number;
  #lastDrop: string | undefined;

  constructor(now: () => number) {
    this.#now = now;
    this.#gotOnAt = now();
  }

  get isDraining(): boolean {
    return this.#phase === "draining";
  }

  enter(phase: "idle" | "owning" | "draining"): void {
    this.#phase = phase;
  }

  markProgress(): void {
    this.#gotOnAt = this.#now();
    this.#lastDrop = undefined;
  }

  dropped(reason: string): void {
    this.#lastDrop = reason;
  }

  /** What keeps the shard, when it has not got on for so long; otherwise nothing. */
  stalledReason(ms: number): string | undefined {
    if (this.#now() - this.#gotOnAt < ms) return undefined;
    return this.#lastDrop === undefined ? `stuck while ${this.#phase}` : `stuck, dropped last: ${this.#lastDrop}`;
  }
}
