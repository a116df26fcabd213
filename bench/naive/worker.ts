// A typical handwritten worker: for each job it checks for a duplicate (SET NX) and then sends one record to Kafka. The
// Kafka client is tuned like ours. With MARK=last a message is marked only after the send, which needs one more call.
import { randomUUID } from "node:crypto";
import { Worker } from "bullmq";
import { Redis } from "ioredis";
import { Kafka, logLevel } from "kafkajs";
import type { NaiveJob } from "./event.ts";

const { REDIS_URL = "", QUEUE = "", KAFKA_BROKERS = "", TOPIC = "", CONCURRENCY, MARK = "first" } = process.env;
const dedupSeconds = 86_400;

const kafka = new Kafka({
  clientId: "naive-worker",
  brokers: KAFKA_BROKERS.split(","),
  retry: { initialRetryTime: 3, multiplier: 2, maxRetryTime: 500, retries: 14 },
  logLevel: logLevel.WARN,
});
const producer = kafka.producer({ allowAutoTopicCreation: false });
await producer.connect();
const redis = new Redis(REDIS_URL);

const mark = async (svixId: string) => (await redis.set(`seen:${svixId}`, "1", "EX", dedupSeconds, "NX")) !== null;
const isMarked = async (svixId: string) => (await redis.exists(`seen:${svixId}`)) === 1;

const worker = new Worker<NaiveJob>(
  QUEUE,
  async ({ data: { svixId, event } }) => {
    if (MARK === "first" ? !(await mark(svixId)) : await isMarked(svixId)) return;
    const { id, first_name, last_name, email_addresses, public_metadata } = event.data;
    const value = {
      eventId: randomUUID(),
      eventType: event.type,
      timestamp: new Date(event.timestamp).toISOString(),
      data: {
        id,
        firstName: first_name ?? "",
        lastName: last_name ?? "",
        emailAddress: email_addresses.map((email) => email.email_address),
        role: public_metadata?.role ?? "user",
      },
    };
    const headers = { "svix-id": svixId };
    await producer.send({ topic: TOPIC, acks: -1, messages: [{ key: id, value: JSON.stringify(value), headers }] });
    if (MARK !== "first") await mark(svixId);
  },
  { connection: { url: REDIS_URL, maxRetriesPerRequest: null }, concurrency: Number(CONCURRENCY) },
);
worker.on("error", (error) => console.error(error));
worker.on("failed", (_, error) => console.error(error));

process.once("SIGTERM", () => {
  void worker
    .close()
    .then(() => producer.disconnect())
    .then(() => redis.quit());
});
