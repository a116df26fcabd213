import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "clerk-emulator";
import type { Environment } from "../open-environment.ts";
import type { Fault } from "./fault.ts";

const gatherMs = 3_000;
const maxLeadMs = 600;
const slowMs = 30;

/**
 * The same fault while a few hundred messages arrive at once and Kafka is slow. It then meets full batches, long
 * transactions and many requests in flight.
 */
export const inAFlood = (
  { clerk, kafka }: Pick<Environment, "clerk" | "kafka">,
  { kind, inject }: Fault,
  random: Random,
): Fault => ({
  kind: `${kind} in a flood`,
  inject: async (holdMs) => {
    clerk.webhooks.pause();
    await delay(gatherMs);
    kafka.link.slowDown(slowMs);
    clerk.webhooks.resume();
    await delay(random.between(0, maxLeadMs));
    await inject(holdMs);
    kafka.link.heal();
  },
});
