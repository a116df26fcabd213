import type { Kafka } from "kafkajs";

/** The id of the Kafka cluster: a ledger made from another cluster is worth nothing. */
export async function readClusterId(kafka: Kafka): Promise<string> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return (await admin.describeCluster()).clusterId;
  } finally {
    await admin.disconnect();
  }
}
