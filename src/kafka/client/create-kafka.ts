import { Kafka, type KafkaConfig as ClientOptions, logLevel, type logCreator, type Admin } from "kafkajs";
import { createTokenProvider } from "./create-token-provider.ts";
import type { KafkaConfig } from "./kafka-config.ts";
import type { SaslConfig } from "./kafka-security.ts";
import type { Logger } from "../../shared/logger.ts";
import { connectToBroker, encodeBroker } from "../kafkajs-patches/connect-to-broker.ts";
import { rememberCoordinators } from "../kafkajs-patches/remember-coordinators.ts";
import { encodeInOneBuffer } from "../kafkajs-patches/encode-in-one-buffer.ts";
import { assertKafkajsCanBePatched } from "../kafkajs-patches/wrap-method.ts";

/**
 * A connection authenticates again when its session lasts for at most this time, in ms. With kafkajs's 10 s, a session of 10 s or
 * less would do so before every request, and Kafka refuses that more than once a second.
 */
const reauthenticationThreshold = 3_000;

/**
 * Creates the kafkajs client. Throws a `StartUpError` when kafkajs cannot be patched.
 *
 * Two of its defaults are changed. Its first retry after 300 ms limits back-to-back transactions to 5 a second, because the broker
 * answers CONCURRENT_TRANSACTIONS for a few ms after each commit: here the retries wait 3, 6, 12 … ms, at most 500 ms, and
 * take a few seconds in total. Longer outages are handled by the callers. kafkajs also logs every retry as an error: here its
 * log goes to the level debug.
 */
export function createKafka(config: KafkaConfig, log: Logger, retries = 14): Kafka {
  assertKafkajsCanBePatched();
  rememberCoordinators();
  encodeInOneBuffer();
  const options: ClientOptions = {
    clientId: config.clientId,
    brokers: config.brokers.map(encodeBroker),
    socketFactory: connectToBroker,
    ssl: typeof config.ssl === "boolean" ? config.ssl : { ...config.ssl },
    connectionTimeout: 3_000,
    reauthenticationThreshold,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 3, multiplier: 2, maxRetryTime: 500, retries },
    logLevel: logLevel.INFO,
    logCreator: logTo(log),
  };
  const sasl = saslOptions(config.sasl);
  return new Kafka(sasl ? { ...options, sasl } : options);
}

/** What matters of kafkajs's log also arrives as an error or as a log event of ours. */
const logTo =
  (log: Logger): logCreator =>
  () =>
  ({ namespace, log: { message, error } }) =>
    log.debug({ event: "kafkajs", namespace, error }, message);

function saslOptions(sasl: SaslConfig | undefined): ClientOptions["sasl"] {
  switch (sasl?.mechanism) {
    case undefined:
      return undefined;
    case "oauthbearer":
      return { mechanism: "oauthbearer", oauthBearerProvider: createTokenProvider(sasl.origin, Date.now) };
    case "plain":
      return { mechanism: "plain", username: sasl.username, password: sasl.password };
    case "scram-sha-256":
      return { mechanism: "scram-sha-256", username: sasl.username, password: sasl.password };
    case "scram-sha-512":
      return { mechanism: "scram-sha-512", username: sasl.username, password: sasl.password };
  }
}

/** Runs `work` with kafkajs's admin client and closes the client afterwards. */
export async function withAdmin<T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** The id of the Kafka cluster. A ledger that was built from another cluster is worthless. */
export const readClusterId = (kafka: Kafka): Promise<string> =>
  withAdmin(kafka, async (admin) => (await admin.describeCluster()).clusterId);
