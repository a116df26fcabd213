import type { Admin, ITopicConfig, Kafka } from "kafkajs";
import type { KafkaConfig } from "../client/kafka-config.ts";
import { StartUpError } from "../../shared/errors.ts";
import { awaitLeaders } from "./partitions.ts";
import { withAdmin } from "../client/create-kafka.ts";
import { describeBrokers, describeKafka } from "./describe-kafka.ts";
import { findBrokerProblems, findKafkaProblems, type KafkaProblem } from "./find-kafka-problems.ts";

/**
 * Creates the topics that are missing, waits until every partition has a leader, and checks what the guarantee depends on. Resolves
 * with what is unwise. Throws a {@link StartUpError} with every problem that breaks the guarantee, each with its remedy.
 */
export function ensureTopics(kafka: Kafka, config: KafkaConfig): Promise<readonly KafkaProblem[]> {
  return withAdmin(kafka, async (admin) => {
    const missing = await findMissing(admin, config);
    if (missing.length > 0) await admin.createTopics({ topics: missing, waitForLeaders: false });
    const problems = await checkAll(admin, config);
    const refusals = problems.filter(({ severity }) => severity === "refuse");
    if (refusals.length > 0) throw new StartUpError(refusals.map(formatProblem).join("\n"));
    return problems;
  });
}

export interface CheckedTopics {
  /** While a topic is missing, only the brokers are checked. */
  readonly missing: readonly string[];
  readonly problems: readonly KafkaProblem[];
}

/** Checks Kafka as {@link ensureTopics} does, without creating a topic. */
export function checkTopics(kafka: Kafka, config: KafkaConfig): Promise<CheckedTopics> {
  return withAdmin(kafka, async (admin) => {
    const missing = await findMissing(admin, config);
    return {
      missing: missing.map(({ topic }) => topic),
      problems: missing.length > 0 ? findBrokerProblems(await describeBrokers(admin)) : await checkAll(admin, config),
    };
  });
}

const formatProblem = ({ subject, detail, remedy }: KafkaProblem) => `${subject} ${detail}\n    → ${remedy}`;

async function findMissing(admin: Admin, config: KafkaConfig): Promise<ITopicConfig[]> {
  const existing = new Set(await admin.listTopics());
  return topicsOf(config).filter(({ topic }) => !existing.has(topic));
}

async function checkAll(admin: Admin, config: KafkaConfig): Promise<readonly KafkaProblem[]> {
  for (const topic of [config.eventsTopic, config.stateTopic]) await awaitLeaders(admin, topic);
  return findKafkaProblems(await describeKafka(admin, config), config);
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
