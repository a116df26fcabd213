import { expect, test } from "vitest";
import { explainKafkaError, kafkaReason } from "./explain-error.ts";

const errorOf = (message: string, fields: object, cause?: unknown) =>
  Object.assign(new Error(message, { cause }), fields);

test("a refusal inside other errors gives the reason, its type and the remedy", () => {
  const refused = errorOf("Not authorized", { type: "TRANSACTIONAL_ID_AUTHORIZATION_FAILED" });
  const wrapped = new Error("retries exceeded", { cause: new Error("not found", { cause: refused }) });
  expect(explainKafkaError(wrapped)?.message).toBe(
    "Kafka refuses: Not authorized [TRANSACTIONAL_ID_AUTHORIZATION_FAILED]\n    → grant the bridge's Kafka user the rights that docs/kafka.md lists",
  );
});

test("a refusal among several topics names its topic", () => {
  const refused = errorOf("Replication-factor is invalid", { type: "INVALID_REPLICATION_FACTOR", topic: "user.state" });
  const exists = errorOf("Topic exists", { type: "TOPIC_ALREADY_EXISTS", topic: "user.events" });
  const aggregated = errorOf("Topic creation errors", { errors: [exists, refused] });
  expect(explainKafkaError(aggregated)?.message).toMatch(/invalid \(topic user\.state\).*\n.*KAFKA_REPLICATION_FACTOR/);
});

test("an outage is no refusal, and its reason is the innermost message", () => {
  const outage = new Error("retries exceeded", { cause: new Error("connect ECONNREFUSED 127.0.0.1:9092") });
  expect(explainKafkaError(outage)).toBeUndefined();
  expect(kafkaReason(outage)).toBe("connect ECONNREFUSED 127.0.0.1:9092");
  expect(kafkaReason("text")).toBe("text");
});
