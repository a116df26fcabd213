import { formatDuration } from "../shared/format-duration.ts";
import type { ProcessReport } from "./process-reports.ts";

/** The headings of a table of processes, for the command line and the console. */
export const processHeadings = ["Program", "Host/pid", "Version", "Up", "Received", "Rejected", "Events", "Shards"];

/** A process as a row below {@link processHeadings}, at a time in ms. `-`: does not apply to the program. */
export function processRow(process: ProcessReport, at: number): (string | number)[] {
  const { program, host, pid, version, startedAt, webhooks, events, shards } = process;
  const named = [program, `${host}/${pid}`, version, formatDuration(at - startedAt)];
  return program === "api"
    ? [...named, webhooks.received, webhooks.rejected, "-", "-"]
    : [...named, "-", "-", events, shards.length];
}
