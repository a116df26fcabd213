import { Kafka, type KafkaConfig as ClientOptions, logLevel, type logCreator } from "kafkajs";
import type { KafkaConfig } from "./kafka-config.ts";
import type { Logger } from "../../shared/logger.ts";
import { rememberCoordinators } from "../kafkajs-patches/remember-coordinators.ts";

/**
 * The kafkajs client. Two of its defaults hurt here: its retry of 300 ms makes back-to-back transactions crawl at 5 a
 * second (the broker answers CONCURRENT_TRANSACTIONS for a few ms after each commit), and it logs every retry as an
 * error. Retries: 3, 6, 12 … ms, 500 ms at most, a few seconds in all (by 14 retries); longer outages are our own loops'
 * affair.
 */
export function createKafka(config: KafkaConfig, log: Logger, retries = 14): Kafka {
  rememberCoordinators();
  const options: ClientOptions = {
    clientId: config.clientId,
    brokers: config.brokers,
    ssl: config.ssl,
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 3, multiplier: 2, maxRetryTime: 500, retries },
    logLevel: logLevel.INFO,
    logCreator: logTo(log),
  };
  const sasl = saslOptions(config.sasl);
  return new Kafka(sasl ? { ...options, sasl } : options);
}

/** What kafkajs says goes to the debug level: what matters of it comes back as an error or an event of our own. */
const logTo =
  (log: Logger): logCreator =>
  () =>
  ({ namespace, log: { message, error } }) =>
    log.debug({ event: "kafkajs", namespace, error }, message);

function saslOptions(sasl: KafkaConfig["sasl"]): ClientOptions["sasl"] {
  if (sasl === undefined) return undefined;
  const { username, password } = sasl;
  switch (sasl.mechanism) {
    case "plain":
      return { mechanism: "plain", username, password };
    case "scram-sha-256":
      return { mechanism: "scram-sha-256", username, password };
    case "scram-sha-512":
      return { mechanism: "scram-sha-512", username, password };
  }
}
