/** Holds the shards' loops between two batches while the group is being shared out anew. */
export class RebalanceGate {
  #settled = Promise.withResolvers<void>();

  constructor() {
    this.#settled.resolve();
  }

  close(): void {
    this.#settled.resolve();
    this.#settled = Promise.withResolvers();
  }

  open(): void {
    this.#settled.resolve();
  }

  settled(): Promise<void> {
    return this.#settled.promise;
  }
}
