type Task = () => Promise<void>;

/** Runs tasks, each after its own delay, at most `limit` at a time, and none while paused. */
export class DeliveryScheduler {
  readonly #limit: number;
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #due: Task[] = [];
  /** Tasks before this index have been taken. They are removed in bulk, because each removal costs the whole length. */
  #taken = 0;
  #running = 0;
  #paused = false;
  #stopped = false;
  #whenIdle: (() => void) | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** The task must not reject. */
  submit(task: Task, delayMs: number): void {
    if (this.#stopped) return;
    if (delayMs <= 0) {
      this.#becomeDue(task);
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#becomeDue(task);
    }, delayMs);
    this.#timers.add(timer);
  }

  /** Running tasks continue. Tasks that become due are collected. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#fill();
  }

  /** Discards every task that has not begun and waits for the running ones. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#due.length = 0;
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve));
  }

  #becomeDue(task: Task): void {
    this.#due.push(task);
    this.#fill();
  }

  #fill(): void {
    while (!this.#paused && this.#running < this.#limit) {
      const task = this.#due[this.#taken];
      if (task === undefined) return;
      this.#taken += 1;
      if (this.#taken >= 1024 && this.#taken * 2 >= this.#due.length) {
        this.#due.splice(0, this.#taken);
        this.#taken = 0;
      }
      this.#running += 1;
      void task().finally(() => this.#release());
    }
  }

  #release(): void {
    this.#running -= 1;
    if (this.#running === 0) this.#whenIdle?.();
    this.#fill();
  }
}
