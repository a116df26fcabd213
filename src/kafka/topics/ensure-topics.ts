import kafkajs, { type Admin, type ConfigResourceTypes, type ITopicConfig, type Kafka } from "kafkajs";
import type { KafkaConfig } from "../client/kafka-config.ts";
import { StartUpError } from "../../shared/errors.ts";
import { awaitLeaders } from "./partitions.ts";
import { withAdmin } from "../client/create-kafka.ts";

/**
 * Creates the topics that are missing and waits until every partition has a leader. Throws a {@link StartUpError} when an existing
 * topic does not fit: a wrong number of partitions breaks the order of a user's events, and an uncompacted state topic
 * loses users.
 */
export async function ensureTopics(kafka: Kafka, config: KafkaConfig): Promise<void> {
  await withAdmin(kafka, async (admin) => {
    const missing = await findMissing(admin, config);
    if (missing.length > 0) await admin.createTopics({ topics: missing, waitForLeaders: false });
    await checkAll(admin, config);
  });
}

/** Checks the topics without creating any. Resolves with the missing topics; if there are some, nothing is checked. */
export function checkTopics(kafka: Kafka, config: KafkaConfig): Promise<readonly string[]> {
  return withAdmin(kafka, async (admin) => {
    const missing = await findMissing(admin, config);
    if (missing.length === 0) await checkAll(admin, config);
    return missing.map(({ topic }) => topic);
  });
}

async function findMissing(admin: Admin, config: KafkaConfig): Promise<ITopicConfig[]> {
  const existing = new Set(await admin.listTopics());
  return topicsOf(config).filter(({ topic }) => !existing.has(topic));
}

async function checkAll(admin: Admin, config: KafkaConfig): Promise<void> {
  await checkPartitions(admin, config);
  await checkCompaction(admin, config.stateTopic);
  await checkVerification(admin);
}

/** Creates the audit topic when it is missing; resolves with its number of partitions. Any existing topic fits. */
export function ensureAuditTopic(kafka: Kafka, config: KafkaConfig): Promise<number> {
  return withAdmin(kafka, async (admin) => {
    const topic = topicOf(config, config.auditTopic, {
      "cleanup.policy": "delete",
      "retention.ms": config.auditRetentionMs,
    });
    if (!(await admin.listTopics()).includes(config.auditTopic))
      await admin.createTopics({ topics: [topic], waitForLeaders: false });
    return awaitLeaders(admin, config.auditTopic);
  });
}

const topicsOf = (config: KafkaConfig): ITopicConfig[] => [
  topicOf(config, config.eventsTopic, { "cleanup.policy": "delete", "retention.ms": config.eventsRetentionMs }),
  topicOf(config, config.stateTopic, {
    "cleanup.policy": "compact",
    "delete.retention.ms": config.stateDeleteRetentionMs,
  }),
];

function topicOf(config: KafkaConfig, name: string, settings: Record<string, string | number>): ITopicConfig {
  const replicas = config.minInsyncReplicas === undefined ? {} : { "min.insync.replicas": config.minInsyncReplicas };
  return {
    topic: name,
    numPartitions: config.shards,
    replicationFactor: config.replicationFactor,
    configEntries: Object.entries({ ...settings, ...replicas }).map(([key, value]) => ({
      name: key,
      value: String(value),
    })),
  };
}

async function checkPartitions(admin: Admin, { eventsTopic, stateTopic, shards }: KafkaConfig): Promise<void> {
  for (const topic of [eventsTopic, stateTopic]) {
    const partitions = await awaitLeaders(admin, topic);
    if (partitions === shards) continue;
    const orElse = shards > partitions ? `add partitions with: bridge reshard --to ${shards}` : "use another topic";
    throw new StartUpError(
      `Topic ${topic} has ${partitions} partitions and SHARDS is ${shards}. They must be equal: set SHARDS=${partitions}, or ${orElse}`,
    );
  }
}

async function checkCompaction(admin: Admin, stateTopic: string): Promise<void> {
  const policy = await readSetting(admin, kafkajs.ConfigResourceTypes.TOPIC, stateTopic, "cleanup.policy");
  if (policy !== undefined && policy !== "compact") {
    throw new StartUpError(
      `Topic ${stateTopic} has cleanup.policy=${policy}. It must be compact, or users are lost: kafka-configs.sh --alter --topic ${stateTopic} --add-config cleanup.policy=compact`,
    );
  }
}

/**
 * The guarantee needs brokers that verify each write against its transaction (KIP-890). Without it a late request of an earlier
 * owner can reach the events topic. The setting exists since Kafka 3.6, so a broker without it is older.
 */
async function checkVerification(admin: Admin): Promise<void> {
  const setting = "transaction.partition.verification.enable";
  const { brokers } = await admin.describeCluster();
  for (const { nodeId } of brokers) {
    const value = await readSetting(admin, kafkajs.ConfigResourceTypes.BROKER, String(nodeId), setting);
    if (value === "false") throw new StartUpError(`Broker ${nodeId} has ${setting}=false; it must be true.`);
    if (value === "unknown") throw new StartUpError(`Broker ${nodeId} is older than Kafka 3.6 (it has no ${setting}).`);
  }
}

/** A setting's value; `unknown` when the broker has no such setting; undefined when we are not allowed to read it. */
async function readSetting(admin: Admin, type: ConfigResourceTypes, name: string, setting: string) {
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type, name, configNames: [setting] }],
    });
    const entry = resources[0]?.configEntries.find(({ configName }) => configName === setting);
    return entry?.configValue ?? "unknown";
  } catch (error) {
    if (error instanceof Error && "type" in error && String(error.type).endsWith("AUTHORIZATION_FAILED"))
      return undefined;
    throw error;
  }
}
