import { SingleBar } from "cli-progress";
import { print } from "./run-command.ts";

/** Shows how far some work is, and how long the rest may take. */
export interface ProgressDisplay {
  update(done: number, note: string): void;
  stop(): void;
}

const linesEveryMs = 2_000;

/** A bar on a terminal; elsewhere a line every two seconds at most. `unit`: what is counted, as `users`. */
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
      // Users who came since they were counted.
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
      if (now - shownAt < linesEveryMs) return;
      shownAt = now;
      const leftMs = ((now - startedAt) * Math.max(0, total - done)) / Math.max(1, done - alreadyDone);
      const left = done > alreadyDone ? `, about ${Math.ceil(leftMs / 1_000)} s left` : "";
      print(`${done} of ${Math.max(total, done)} ${unit}, ${note}${left}`);
    },
    stop: () => {},
  };
}
