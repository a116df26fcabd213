import { SingleBar } from "cli-progress";

/** Shows how much of some work is done, and estimates the remaining time. */
export interface ProgressDisplay {
  update(done: number, note: string): void;
  stop(): void;
}

const lineIntervalMs = 2_000;

/** A bar on a terminal; elsewhere one line in two seconds at most. Both on standard error. `unit` is what is counted, such as `users`. */
export function showProgress(total: number, alreadyDone: number, unit: string): ProgressDisplay {
  return process.stderr.isTTY ? showBar(total, alreadyDone, unit) : showLines(total, alreadyDone, unit);
}

function showBar(total: number, alreadyDone: number, unit: string): ProgressDisplay {
  const bar = new SingleBar({
    format: `{bar} {percentage}%  {value}/{total} ${unit}  {note}  {eta_formatted} left`,
    etaBuffer: 50,
    hideCursor: true,
    clearOnComplete: false,
  });
  bar.start(Math.max(total, 1), alreadyDone, { note: "" });
  return {
    update: (done, note) => {
      // The total grows while the work runs, for example when users are created.
      if (done > bar.getTotal()) bar.setTotal(done);
      bar.update(done, { note });
    },
    stop: () => bar.stop(),
  };
}

function showLines(total: number, alreadyDone: number, unit: string): ProgressDisplay {
  const startedAt = Date.now();
  let shownAt = 0;
  return {
    update: (done, note) => {
      const now = Date.now();
      if (now - shownAt < lineIntervalMs) return;
      shownAt = now;
      const leftMs = ((now - startedAt) * Math.max(0, total - done)) / Math.max(1, done - alreadyDone);
      const left = done > alreadyDone ? `, about ${Math.ceil(leftMs / 1_000)} s left` : "";
      process.stderr.write(`${done} of ${Math.max(total, done)} ${unit}, ${note}${left}\n`);
    },
    stop: () => {},
  };
}
