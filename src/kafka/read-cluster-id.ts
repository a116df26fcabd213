import type { Kafka } from "kafkajs";
import { withAdmin } from "./with-admin.ts";

/** The id of the Kafka cluster: a ledger made from another cluster is worth nothing. */
export const readClusterId = (kafka: Kafka): Promise<string> =>
  withAdmin(kafka, async (admin) => (await admin.describeCluster()).clusterId);
