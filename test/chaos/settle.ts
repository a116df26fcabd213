import { noFaults } from "clerk-emulator";
import { waitFor } from "../../dev/stack/wait-for.ts";
import type { Environment } from "./open-environment.ts";

/**
 * Ends all webhook faults and waits until Svix has delivered everything, no job is left and every process is ready.
 * Messages that Svix gave up are replayed, as an operator would do in the dashboard. Returns the steps that missed the
 * deadline.
 */
export async function settle({ clerk, system, apis, workers }: Environment): Promise<string[]> {
  const { webhooks } = clerk;
  const deadlineMs = system.settlesWithinMs;
  webhooks.setFaults(noFaults);
  const isDelivered = () => {
    if (webhooks.pending() > 0) return false;
    const failed = webhooks.messages().filter(({ state }) => state === "failed");
    for (const { id } of failed) webhooks.replay(id);
    return failed.length === 0;
  };
  const areAllReady = async () => {
    const ready = await Promise.all([...apis.members, ...workers.members].map(({ port }) => system.isReady(port)));
    return ready.every(Boolean);
  };
  const steps = [
    () => waitFor("every message is delivered", isDelivered, { deadlineMs, intervalMs: 100 }),
    () => waitFor("no job is left", async () => (await system.countJobs()) === 0, { deadlineMs, intervalMs: 200 }),
    () => waitFor("every process is ready", areAllReady, { deadlineMs, intervalMs: 200 }),
  ];
  const overdue: string[] = [];
  for (const step of steps) {
    await step().catch((error: unknown) => overdue.push(error instanceof Error ? error.message : String(error)));
  }
  return overdue;
}
