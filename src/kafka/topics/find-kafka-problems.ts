import type { KafkaConfig } from "../client/kafka-config.ts";
import type { BrokerFacts, KafkaFacts, TopicFacts } from "./describe-kafka.ts";

/** Something that Kafka has set in a way that the bridge cannot work with (`refuse`), or that is unwise (`warn`). */
export interface KafkaProblem {
  readonly severity: "refuse" | "warn";
  /** For example `Topic user.state`. */
  readonly subject: string;
  readonly detail: string;
  /** What the operator does about it; where one command repairs it, that command. */
  readonly remedy: string;
}

type Config = Pick<KafkaConfig, "brokers" | "shards" | "eventsRetentionMs" | "stateDeleteRetentionMs" | "ssl" | "sasl">;

/** The most that the bridge writes to a partition at once, with room for the estimate's error (see `splitWrites`). */
const largestWriteBytes = 512 * 1_024;
/** A reader of the whole state topic must see a deletion marker before Kafka removes it. */
const shortestDeleteRetentionMs = 3_600_000;

/** Compares what Kafka says about itself with what the guarantee needs. Pure. A setting that cannot be read is no problem. */
export const findKafkaProblems = (facts: KafkaFacts, config: Config): readonly KafkaProblem[] => [
  ...findConnectionProblems(config),
  ...findBrokerProblems(facts),
  ...findTopicProblems(facts.events, config),
  ...findEventsTopicProblems(facts.events, config),
  ...findTopicProblems(facts.states, config),
  ...findStateTopicProblems(facts.states, config),
];

function findConnectionProblems({ ssl, sasl }: Config): readonly KafkaProblem[] {
  if (ssl !== false || sasl?.mechanism !== "plain") return [];
  return [
    {
      severity: "warn",
      subject: "Connection",
      detail: "sends the password unencrypted (SASL PLAIN without TLS)",
      remedy: "set KAFKA_SSL=true, or use scram-sha-512",
    },
  ];
}

const verification = "transaction.partition.verification.enable";

/**
 * The guarantee needs brokers that verify each write against its transaction (KIP-890; Kafka 3.6 or newer). Without that, a late
 * request of an earlier owner can reach the events topic. Brokers of other makers often do not say whether they verify.
 */
export function findBrokerProblems({
  brokers,
  hasTransactionTopic,
}: Pick<KafkaFacts, "brokers" | "hasTransactionTopic">): readonly KafkaProblem[] {
  const problems: KafkaProblem[] = [];
  const valueOf = ({ settings }: BrokerFacts, name: string) => settings?.[name];
  for (const broker of brokers.filter((one) => valueOf(one, verification) === "false")) {
    problems.push({
      severity: "refuse",
      subject: `Broker ${broker.id}`,
      detail: `has ${verification}=false, and a late write of an earlier worker could repeat an event`,
      remedy: `set ${verification}=true`,
    });
  }
  const silent = brokers.filter((broker) => valueOf(broker, verification) === undefined);
  if (silent.length > 0) {
    problems.push({
      severity: "warn",
      subject: `Broker ${silent.map(({ id }) => id).join(", ")}`,
      detail: "does not say whether it verifies transactions; Apache Kafka does since 3.6",
      remedy: "see docs/kafka.md#brokers-that-do-not-say-whether-they-verify",
    });
  }
  const replicas = Math.max(
    ...brokers.map((broker) => Number(valueOf(broker, "transaction.state.log.replication.factor") ?? 0)),
  );
  if (!hasTransactionTopic && replicas > brokers.length) {
    problems.push({
      severity: "refuse",
      subject: "Transactions",
      detail: `are impossible: transaction.state.log.replication.factor is ${replicas}, and ${brokers.length} of the brokers ${brokers.length === 1 ? "is" : "are"} running`,
      remedy: `start ${replicas} brokers, or set transaction.state.log.replication.factor=${brokers.length}`,
    });
  }
  return problems;
}

function findTopicProblems({ topic, partitions, replicas, settings }: TopicFacts, config: Config): KafkaProblem[] {
  const problems: KafkaProblem[] = [];
  const add = (severity: KafkaProblem["severity"], detail: string, remedy: string) =>
    problems.push({ severity, subject: `Topic ${topic}`, detail, remedy });
  const { shards } = config;
  if (partitions !== shards) {
    const orElse = shards > partitions ? `add partitions with: bridge reshard --to ${shards}` : "use another topic";
    add(
      "refuse",
      `has ${partitions} partitions and SHARDS is ${shards}. They must be equal`,
      `set SHARDS=${partitions}, or ${orElse}`,
    );
  }
  const maxBytes = settings?.["max.message.bytes"];
  if (maxBytes !== undefined && Number(maxBytes) < largestWriteBytes) {
    add(
      "refuse",
      `has max.message.bytes=${maxBytes}, and one write of the bridge can have ${largestWriteBytes} bytes`,
      alterTopic(config, topic, "max.message.bytes", largestWriteBytes),
    );
  }
  const minInSync = settings?.["min.insync.replicas"];
  if (Number(minInSync) > replicas) {
    add(
      "refuse",
      `has min.insync.replicas=${minInSync} and only ${replicas} replicas, so that every write fails`,
      alterTopic(config, topic, "min.insync.replicas", Math.max(1, replicas - 1)),
    );
  } else if (Number(minInSync) === replicas && replicas > 1) {
    add(
      "warn",
      `has min.insync.replicas=${minInSync} and as many replicas, so that writes stop with any of them`,
      alterTopic(config, topic, "min.insync.replicas", replicas - 1),
    );
  } else if (minInSync === "1" && replicas > 2) {
    add(
      "warn",
      `has min.insync.replicas=1, so that the loss of one broker can lose events`,
      alterTopic(config, topic, "min.insync.replicas", 2),
    );
  }
  if (settings?.["unclean.leader.election.enable"] === "true") {
    add(
      "warn",
      "has unclean.leader.election.enable=true, so that the loss of one broker can lose events",
      alterTopic(config, topic, "unclean.leader.election.enable", false),
    );
  }
  return problems;
}

function findEventsTopicProblems({ topic, settings }: TopicFacts, config: Config): KafkaProblem[] {
  const subject = `Topic ${topic}`;
  const policy = settings?.["cleanup.policy"];
  if (policy?.includes("compact")) {
    return [
      {
        severity: "refuse",
        subject,
        detail: `has cleanup.policy=${policy}, and compaction removes events that consumers have not read`,
        remedy: alterTopic(config, topic, "cleanup.policy", "delete"),
      },
    ];
  }
  const wanted = { "retention.ms": config.eventsRetentionMs, "retention.bytes": -1 };
  return Object.entries(wanted).flatMap(([name, value]): KafkaProblem[] => {
    const found = settings?.[name];
    if (found === undefined || !isShorter(Number(found), value)) return [];
    return [
      {
        severity: "warn",
        subject,
        detail: `has ${name}=${found}, so that a consumer that starts or continues later misses events`,
        remedy: alterTopic(config, topic, name, value),
      },
    ];
  });
}

function findStateTopicProblems({ topic, settings }: TopicFacts, config: Config): KafkaProblem[] {
  const subject = `Topic ${topic}`;
  const problems: KafkaProblem[] = [];
  const policy = settings?.["cleanup.policy"];
  if (policy !== undefined && policy !== "compact") {
    problems.push({
      severity: "refuse",
      subject,
      detail: `has cleanup.policy=${policy}. It must be compact, or users are lost`,
      remedy: alterTopic(config, topic, "cleanup.policy", "compact"),
    });
  }
  const found = settings?.["delete.retention.ms"];
  const wanted = config.stateDeleteRetentionMs;
  if (found !== undefined && Number(found) < wanted) {
    const tooShort = Number(found) < Math.min(shortestDeleteRetentionMs, wanted);
    problems.push({
      severity: tooShort ? "refuse" : "warn",
      subject,
      detail: tooShort
        ? `has delete.retention.ms=${found}, and a deleted user can come back when the states are read again`
        : `has delete.retention.ms=${found}, so that a late message about a deleted user costs a request to Clerk`,
      remedy: alterTopic(config, topic, "delete.retention.ms", wanted),
    });
  }
  return problems;
}

/** -1 means without end. */
const isShorter = (found: number, wanted: number) => found !== -1 && (wanted === -1 || found < wanted);

const alterTopic = ({ brokers }: Config, topic: string, name: string, value: string | number | boolean) =>
  `kafka-configs.sh --bootstrap-server ${brokers[0]} --alter --topic ${topic} --add-config ${name}=${value}`;
