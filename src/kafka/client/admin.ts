import type { Admin, Kafka } from "kafkajs";

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
