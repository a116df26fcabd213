import { Kafka, logLevel } from "kafkajs";
import type { BenchContext } from "../context.ts";

/** The Kafka client of the benchmarks themselves. It logs nothing, because its errors are thrown. */
export const connectKafka = ({ kafkaBrokers }: BenchContext): Kafka =>
  new Kafka({
    clientId: "bench",
    brokers: [...kafkaBrokers],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 20 },
  });
