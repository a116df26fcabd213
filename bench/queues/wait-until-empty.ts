import { waitFor } from "../../dev/stack/wait-for.ts";
import type { BenchQueues } from "./bench-queues.ts";

/** Resolves when no job is waiting or active. */
export async function waitUntilEmpty(queues: Pick<BenchQueues, "countJobs">): Promise<void> {
  const isEmpty = async () => (await queues.countJobs()) === 0;
  await waitFor("the queues are empty", isEmpty, { deadlineMs: 300_000, intervalMs: 50 });
}
