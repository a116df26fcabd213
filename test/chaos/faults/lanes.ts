import type { Random } from "clerk-emulator";
import type { Environment } from "../open-environment.ts";
import { shards, systemName } from "../systems/naming.ts";
import { clerkFaults } from "./clerk-faults.ts";
import type { Fault } from "./fault.ts";
import { inAFlood } from "./in-a-flood.ts";
import { fleetFaults, processFaults } from "./process-faults.ts";
import { ledgerFaults, redisWiped, refusalFaults } from "./redis-faults.ts";
import { linkFaults, olderCopy, serverFaults } from "./server-faults.ts";

/**
 * The faults of one lane happen one after another; the lanes run at the same time. `reconciles` adds the faults that lose
 * messages or events, because only a reconciliation repairs them.
 */
export function lanesOf(
  environment: Environment,
  { reconciles }: { reconciles: boolean },
  random: (lane: string) => Random,
) {
  const { clerk, clock, redis, kafka, apis, workers, clerkLink, webhookLink, redisClient } = environment;
  const bridge = { redis: redisClient, redisPrefix: systemName, shards };
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
    ...refusalFaults(redisClient),
    ...ledgerFaults(bridge, random("ledger")),
    ...(reconciles ? [redisWiped(redisClient)] : []),
  ];
  const ofKafka = [
    ...serverFaults("Kafka", kafka, random("kafka")),
    ...(reconciles ? [olderCopy("Kafka", kafka)] : []),
  ];
  return {
    api: withFloods(ofApi, ["API killed"]),
    workers: withFloods(ofWorkers, ["all workers killed", "worker frozen"]),
    redis: withFloods(ofRedis, ["Redis killed", "ledger of a shard lost"]),
    kafka: withFloods(ofKafka, ["Kafka killed", "Kafka cut off"]),
    clerk: [
      ...clerkFaults(clerk, clock, random("clerk")),
      ...linkFaults("Clerk's API", clerkLink, random("clerk-api")),
    ],
  } satisfies Record<string, Fault[]>;
}
