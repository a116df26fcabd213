import kafkajs, { type Admin, type ConfigResourceTypes } from "kafkajs";

/** The values of some settings by name; without those that the broker does not know. Undefined when the bridge may not read them. */
type Settings = Readonly<Record<string, string>> | undefined;

export interface TopicFacts {
  readonly topic: string;
  readonly partitions: number;
  /** The number of replicas of the partition that has the fewest. */
  readonly replicas: number;
  readonly settings: Settings;
}

export interface BrokerFacts {
  readonly id: number;
  readonly settings: Settings;
}

/** What Kafka says about itself, as far as the guarantee depends on it. */
export interface KafkaFacts {
  readonly events: TopicFacts;
  readonly states: TopicFacts;
  readonly brokers: readonly BrokerFacts[];
  /** Whether Kafka has created its own topic of transactions. It does so at the first transaction. */
  readonly hasTransactionTopic: boolean;
}

const topicSettings = [
  "cleanup.policy",
  "delete.retention.ms",
  "max.message.bytes",
  "min.insync.replicas",
  "retention.bytes",
  "retention.ms",
  "unclean.leader.election.enable",
];
const brokerSettings = ["transaction.partition.verification.enable", "transaction.state.log.replication.factor"];

/** Reads the facts about two existing topics and about all brokers. Throws what kafkajs throws while Kafka is unavailable. */
export async function describeKafka(
  admin: Admin,
  { eventsTopic, stateTopic }: { readonly eventsTopic: string; readonly stateTopic: string },
): Promise<KafkaFacts> {
  const { brokers, hasTransactionTopic } = await describeBrokers(admin);
  const [events, states] = await Promise.all([describeTopic(admin, eventsTopic), describeTopic(admin, stateTopic)]);
  return { events, states, brokers, hasTransactionTopic };
}

/** The part of {@link describeKafka} that needs no topic of the bridge. */
export async function describeBrokers(admin: Admin): Promise<Pick<KafkaFacts, "brokers" | "hasTransactionTopic">> {
  const [cluster, topics] = await Promise.all([admin.describeCluster(), admin.listTopics()]);
  const brokers = cluster.brokers.map(async ({ nodeId }) => ({
    id: nodeId,
    settings: await readSettings(admin, kafkajs.ConfigResourceTypes.BROKER, String(nodeId), brokerSettings),
  }));
  return { brokers: await Promise.all(brokers), hasTransactionTopic: topics.includes("__transaction_state") };
}

async function describeTopic(admin: Admin, topic: string): Promise<TopicFacts> {
  const [metadata, settings] = await Promise.all([
    admin.fetchTopicMetadata({ topics: [topic] }),
    readSettings(admin, kafkajs.ConfigResourceTypes.TOPIC, topic, topicSettings),
  ]);
  const partitions = metadata.topics.flatMap((found) => found.partitions);
  return {
    topic,
    partitions: partitions.length,
    replicas: Math.min(...partitions.map(({ replicas }) => replicas.length)),
    settings,
  };
}

async function readSettings(admin: Admin, type: ConfigResourceTypes, name: string, settings: string[]) {
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type, name, configNames: settings }],
    });
    // A broker lists a setting that it does not know with an empty value.
    const known = resources[0]?.configEntries.filter(({ configValue }) => configValue) ?? [];
    return Object.fromEntries(known.map(({ configName, configValue }) => [configName, configValue]));
  } catch (error) {
    if (error instanceof Error && "type" in error && String(error.type).endsWith("AUTHORIZATION_FAILED"))
      return undefined;
    throw error;
  }
}
