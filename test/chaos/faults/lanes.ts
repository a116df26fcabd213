import type { Random } from "clerk-emulator";
import type { Environment } from "../open-environment.ts";
import { shards, systemName } from "../systems/naming.ts";
import { clerkFaults } from "./clerk-faults.ts";
import type { Fault } from "./fault.ts";
import { inAFlood } from "./in-a-flood.ts";
import { ledgerFaults, redisWiped } from "./ledger-faults.ts";
import { fleetFaults, processFaults } from "./process-faults.ts";
import { linkFaults, serverFaults } from "./server-faults.ts";

/** Faults that may come at the same time are in different lanes. */
export function lanesOf(environment: Environment, { wipes }: { wipes: boolean }, random: (lane: string) => Random) {
  const { clerk, clock, redis, kafka, apis, workers, clerkLink, webhookLink, redisClient } = environment;
  const ledger = { redis: redisClient, redisPrefix: systemName, shards };
  const withFloods = (faults: readonly Fault[], kinds: readonly string[]): Fault[] => [
    ...faults,
    ...faults
      .filter(({ kind }) => kinds.includes(kind))
      .map((fault) => inAFlood(environment, fault, random(`flood ${fault.kind}`))),
  ];
  const ofApi = [
    ...processFaults("API", apis, random("api")),
    ...linkFaults("webhooks", webhookLink, random("webhooks")),
  ];
  const ofWorkers = [
    ...processFaults("worker", workers, random("worker")),
    ...fleetFaults("worker", workers, random("workers")),
  ];
  const ofRedis = [
    ...serverFaults("Redis", redis, random("redis")),
    ...ledgerFaults(ledger, random("ledger")),
    ...(wipes ? [redisWiped(redisClient)] : []),
  ];
  return {
    api: withFloods(ofApi, ["API killed"]),
    workers: withFloods(ofWorkers, ["all workers killed", "worker frozen"]),
    redis: withFloods(ofRedis, ["Redis killed", "ledger of a shard forgotten"]),
    kafka: withFloods(serverFaults("Kafka", kafka, random("kafka")), ["Kafka killed", "Kafka cut off"]),
    clerk: [
      ...clerkFaults(clerk, clock, random("clerk")),
      ...linkFaults("Clerk's API", clerkLink, random("clerk-api")),
    ],
  } satisfies Record<string, Fault[]>;
}
