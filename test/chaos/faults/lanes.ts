import type { Random } from "../../../dev/clerk/instance/seeded-random.ts";
import type { World } from "../open-world.ts";
import { shards, systemName } from "../systems/naming.ts";
import { clerkFaults } from "./clerk-faults.ts";
import type { Fault } from "./fault.ts";
import { ledgerFaults, redisWiped } from "./ledger-faults.ts";
import { fleetFaults, processFaults } from "./process-faults.ts";
import { linkFaults, serverFaults } from "./server-faults.ts";

/** Faults that may come at the same time are in different lanes. */
export function lanesOf(world: World, { wipes }: { wipes: boolean }, random: (lane: string) => Random) {
  const { clerk, clock, redis, kafka, apis, workers, clerkLink, webhookLink, redisClient } = world;
  const ledger = { redis: redisClient, redisPrefix: systemName, shards };
  return {
    api: [...processFaults("API", apis, random("api")), ...linkFaults("webhooks", webhookLink, random("webhooks"))],
    workers: [
      ...processFaults("worker", workers, random("worker")),
      ...fleetFaults("worker", workers, random("workers")),
    ],
    redis: [
      ...serverFaults("Redis", redis, random("redis")),
      ...ledgerFaults(ledger, random("ledger")),
      ...(wipes ? [redisWiped(redisClient)] : []),
    ],
    kafka: serverFaults("Kafka", kafka, random("kafka")),
    clerk: [
      ...clerkFaults(clerk, clock, random("clerk")),
      ...linkFaults("Clerk's API", clerkLink, random("clerk-api")),
    ],
  } satisfies Record<string, Fault[]>;
}
