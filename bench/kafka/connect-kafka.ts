import { Kafka, logLevel } from "kafkajs";
import type { BenchContext } from "../context.ts";

/** kafkajs for the bench itself. It need not log: what matters of it is thrown. */
export const connectKafka = ({ kafkaBrokers }: BenchContext): Kafka =>
  new Kafka({
    clientId: "bench",
    brokers: [...kafkaBrokers],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 20 },
  });
