import { setTimeout as delay } from "node:timers/promises";
import type { Random } from "clerk-emulator";
import type { World } from "../open-world.ts";
import type { Fault } from "./fault.ts";

const gatherMs = 3_000;
const longestLeadMs = 600;
const slowMs = 30;

/**
 * The same fault while a few hundred messages rush in and Kafka is slow: so there are full batches, long transactions and
 * many requests under way when it comes.
 */
export const inAFlood = (
  { clerk, kafka }: Pick<World, "clerk" | "kafka">,
  { kind, inject }: Fault,
  random: Random,
): Fault => ({
  kind: `${kind} in a flood`,
  inject: async (holdMs) => {
    clerk.webhooks.pause();
    await delay(gatherMs);
    kafka.link.slowDown(slowMs);
    clerk.webhooks.resume();
    await delay(random.between(0, longestLeadMs));
    await inject(holdMs);
    kafka.link.heal();
  },
});
