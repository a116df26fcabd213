import { describe, expect, test } from "vitest";
import type { KafkaFacts, TopicFacts } from "./describe-kafka.ts";
import { findKafkaProblems } from "./find-kafka-problems.ts";

const config = {
  brokers: ["kafka:9092"],
  shards: 6,
  eventsRetentionMs: -1,
  stateDeleteRetentionMs: 8_640_000_000,
  ssl: false,
  sasl: undefined,
};
const common = { "max.message.bytes": "1048588", "min.insync.replicas": "2" };
const verifying = { "transaction.partition.verification.enable": "true" };

const eventsSettings = { ...common, "cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1" };
const stateSettings = { ...common, "cleanup.policy": "compact", "delete.retention.ms": "8640000000" };
const events: TopicFacts = { topic: "e", partitions: 6, replicas: 3, settings: eventsSettings };
const states: TopicFacts = { topic: "s", partitions: 6, replicas: 3, settings: stateSettings };
const facts: KafkaFacts = { events, states, brokers: [{ id: 1, settings: verifying }], hasTransactionTopic: true };

const alter = (topic: string, setting: string) =>
  `kafka-configs.sh --bootstrap-server kafka:9092 --alter --topic ${topic} --add-config ${setting}`;

test("topics and brokers that suit the bridge have no problem", () => {
  expect(findKafkaProblems(facts, config)).toEqual([]);
});

describe("a topic's setting", () => {
  test.for([
    ["e", "cleanup.policy", "compact", "refuse", "cleanup.policy=delete"],
    ["e", "cleanup.policy", "compact,delete", "refuse", "cleanup.policy=delete"],
    ["e", "retention.ms", "604800000", "warn", "retention.ms=-1"],
    ["e", "retention.bytes", "1000", "warn", "retention.bytes=-1"],
    ["e", "max.message.bytes", "1000", "refuse", "max.message.bytes=524288"],
    ["s", "max.message.bytes", "524287", "refuse", "max.message.bytes=524288"],
    ["s", "cleanup.policy", "delete", "refuse", "cleanup.policy=compact"],
    ["s", "cleanup.policy", "compact,delete", "refuse", "cleanup.policy=compact"],
    ["s", "delete.retention.ms", "86400000", "warn", "delete.retention.ms=8640000000"],
    ["s", "delete.retention.ms", "60000", "refuse", "delete.retention.ms=8640000000"],
    ["s", "min.insync.replicas", "4", "refuse", "min.insync.replicas=2"],
    ["s", "min.insync.replicas", "3", "warn", "min.insync.replicas=2"],
    ["s", "min.insync.replicas", "1", "warn", "min.insync.replicas=2"],
    ["e", "unclean.leader.election.enable", "true", "warn", "unclean.leader.election.enable=false"],
  ] as const)("%s %s=%s leads to %s with the command that sets %s", ([topic, name, value, severity, repaired]) => {
    const changed = {
      ...facts,
      ...(topic === "e" && { events: { ...events, settings: { ...eventsSettings, [name]: value } } }),
      ...(topic === "s" && { states: { ...states, settings: { ...stateSettings, [name]: value } } }),
    };
    expect(findKafkaProblems(changed, config)).toMatchObject([
      { severity, subject: `Topic ${topic}`, remedy: alter(topic, repaired) },
    ]);
  });

  test("that the bridge may not read is no problem", () => {
    const hidden = { ...facts, events: { ...events, settings: undefined }, states: { ...states, settings: undefined } };
    expect(findKafkaProblems(hidden, config)).toEqual([]);
  });
});

test("one replica without others is enough for a single broker", () => {
  const single = (topic: TopicFacts) => ({
    ...topic,
    replicas: 1,
    settings: { ...topic.settings, "min.insync.replicas": "1" },
  });
  expect(findKafkaProblems({ ...facts, events: single(events), states: single(states) }, config)).toEqual([]);
});

test.for(["events", "states"] as const)("another number of partitions of the %s than shards is refused", (which) => {
  const other = { ...facts, [which]: { ...facts[which], partitions: 3 } };
  expect(findKafkaProblems(other, config)).toMatchObject([
    { severity: "refuse", remedy: "set SHARDS=3, or add partitions with: bridge reshard --to 6" },
  ]);
});

describe("a broker", () => {
  const withBroker = (settings: Record<string, string> | undefined, hasTransactionTopic = true) =>
    findKafkaProblems({ ...facts, brokers: [{ id: 1, settings }], hasTransactionTopic }, config);

  test("that does not verify transactions is refused", () => {
    expect(withBroker({ "transaction.partition.verification.enable": "false" })).toMatchObject([
      { severity: "refuse", subject: "Broker 1" },
    ]);
  });

  test.for([[undefined], [{}]])("that does not say whether it verifies (%o) is a warning with a link", ([settings]) => {
    expect(withBroker(settings)).toMatchObject([
      { severity: "warn", remedy: expect.stringContaining("docs/kafka.md#") },
    ]);
  });

  test("that is alone cannot replicate the topic of transactions to three, unless the topic exists already", () => {
    const replicated = { ...verifying, "transaction.state.log.replication.factor": "3" };
    expect(withBroker(replicated, true)).toEqual([]);
    expect(withBroker(replicated, false)).toMatchObject([
      { severity: "refuse", remedy: "start 3 brokers, or set transaction.state.log.replication.factor=1" },
    ]);
  });
});

test("a password that is sent unencrypted (SASL PLAIN without TLS) leads to a warning", () => {
  const login = { mechanism: "plain", username: "u", password: "p" } as const;
  expect(findKafkaProblems(facts, { ...config, sasl: login })).toMatchObject([
    { severity: "warn", subject: "Connection", detail: expect.stringContaining("unencrypted") },
  ]);
  expect(findKafkaProblems(facts, { ...config, sasl: login, ssl: true })).toEqual([]);
  expect(findKafkaProblems(facts, { ...config, sasl: { ...login, mechanism: "scram-sha-512" } })).toEqual([]);
});
