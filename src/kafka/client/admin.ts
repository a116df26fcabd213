import type { Admin, Kafka } from "kafkajs";

/** Opens kafkajs's admin client for some work, and closes it after. */
export async function withAdmin<T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** The id of the Kafka cluster: a ledger made from another cluster is worth nothing. */
export const readClusterId = (kafka: Kafka): Promise<string> =>
  withAdmin(kafka, async (admin) => (await admin.describeCluster()).clusterId);
