import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { Redis } from "ioredis";
import { Kafka, logLevel } from "kafkajs";
import { describe, expect, inject, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { acceptsConnections } from "../../../dev/stack/accepts-connections.ts";
import { createFreshFolder, isAlive, removeStaleFolders } from "../../../dev/stack/folders.ts";
import { startKafka } from "../../../dev/stack/start-kafka.ts";
import { awaitLeaders } from "../../../src/kafka/topics/partitions.ts";
import { startNative } from "../../../dev/stack/start-native.ts";
import { startRedis } from "../../../dev/stack/start-redis.ts";
import { startStack } from "../../../dev/stack/start-stack.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const quiet = () => {};

describe("a Redis of the native stack", () => {
  test("restarts after a kill on the same port with every acknowledged write", async () => {
    const dir = await useFreshFolder();
    const first = await startRedis({ dir });
    const writer = connectRedis(first.url);
    let acknowledged = 0;
    const writeForever = async () => {
      while (true) acknowledged = await writer.incr("writes");
    };
    const writing = writeForever().catch((error: unknown) => error);
    await waitFor("writes are under way", () => acknowledged > 100);
    await first.kill();
    expect(await writing).toBeInstanceOf(Error);

    const second = await startRedis({ dir, port: first.port });
    onTestFinished(second.stop);
    expect(Number(await connectRedis(second.url).get("writes"))).toBeGreaterThanOrEqual(acknowledged);
  });

  test("that does not start reports its last log lines", async () => {
    const first = await startRedis({ dir: await useFreshFolder() });
    onTestFinished(first.stop);
    const second = startRedis({ dir: await useFreshFolder(), port: first.port });
    await expect(second).rejects.toThrow(/redis-server did not start[^]*Address already in use/);
  });
});

describe("a Kafka of the native stack", () => {
  test("shows read_committed consumers committed records and no aborted ones", async () => {
    const kafka = createKafka(inject("kafkaBrokers"));
    const topic = await createTopic(kafka);
    await sendInTransaction(kafka, topic, "aborted", "abort");
    await sendInTransaction(kafka, topic, "committed", "commit");
    expect(await readCommitted(kafka, topic, 1)).toEqual(["committed"]);
  });

  test("restarts after a kill on the same port with every committed record, and accepts new ones", async () => {
    const dir = await useFreshFolder();
    const first = await startKafka({ dir });
    const kafka = createKafka(first.brokers);
    const topic = await createTopic(kafka);
    await sendInTransaction(kafka, topic, "before", "commit");
    await first.kill();

    const second = await startKafka({ dir, port: first.port });
    onTestFinished(second.stop);
    await sendInTransaction(kafka, topic, "after", "commit");
    expect(await readCommitted(kafka, topic, 2)).toEqual(["before", "after"]);
  });
});

describe("a native stack", () => {
  test("leaves no process and no folder when it stops, even if a server is frozen", async () => {
    const { redis, kafka, stop } = await startNative({}, { log: quiet });
    if (!redis || !kafka) throw new Error("Both should be ours");
    const folder = dirname(redis.dir);
    expect(existsSync(folder)).toBe(true);
    process.kill(kafka.pid, "SIGSTOP");
    await stop();
    expect([isAlive(redis.pid), isAlive(kafka.pid), existsSync(folder)]).toEqual([false, false, false]);
  });

  test("ends when its parent is killed, and the next run removes its folder", async () => {
    const holder = spawn(process.execPath, [join(import.meta.dirname, "../../support/programs/hold-native-stack.ts")], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line]: unknown[] = await once(createInterface(holder.stdout), "line");
    const { ports, dir } = z.object({ ports: z.array(z.number()), dir: z.string() }).parse(JSON.parse(String(line)));
    const open = () => Promise.all(ports.map((port) => acceptsConnections("127.0.0.1", port)));
    expect(await open()).toEqual([true, true]);

    holder.kill("SIGKILL");
    await waitFor("both servers have ended", async () => !(await open()).includes(true));
    await waitFor("the parent has ended", () => holder.signalCode);
    expect(existsSync(dir)).toBe(true);
    await removeStaleFolders();
    expect(existsSync(dir)).toBe(false);
  });

  test("runs beside another native stack", async () => {
    const stacks = await Promise.all([startNative({}, { log: quiet }), startNative({}, { log: quiet })]);
    onTestFinished(async () => {
      await Promise.all(stacks.map(({ stop }) => stop()));
    });
    const [one, other] = stacks;
    await connectRedis(one.redisUrl).set("mine", "yes");
    expect(await connectRedis(other.redisUrl).get("mine")).toBeNull();
    expect(one.kafkaBrokers).not.toEqual(other.kafkaBrokers);
  });
});

describe("the test stack", () => {
  test("uses reachable servers from the environment and does not stop them", async () => {
    const redis = await startRedis({ dir: await useFreshFolder() });
    onTestFinished(redis.stop);
    const env = { REDIS_URL: redis.url, KAFKA_BROKERS: inject("kafkaBrokers").join(",") };
    const stack = await startStack({ env });
    expect(stack).toMatchObject({ source: "environment", redisUrl: redis.url });
    await stack.stop();
    expect(await connectRedis(redis.url).ping()).toBe("PONG");
  });

  test("uses Docker if its engine answers, and leaves no container and no volume", async () => {
    const calls = await useFakeDocker();
    const stack = await startStack({ env: {} });
    await stack.stop();
    expect(stack.source).toBe("docker");
    expect(await calls()).toEqual([
      expect.stringMatching(/^compose --project-name \S+ up --detach --wait redis kafka$/),
      expect.stringMatching(/^compose --project-name \S+ down --volumes$/),
    ]);
  });

  test("starts its own Redis when the environment names a cluster, which the tests cannot use", async () => {
    const calls = await useFakeDocker();
    const stack = await startStack({ env: { REDIS_URL: "redis+cluster://127.0.0.1:1,127.0.0.1:2" } });
    await stack.stop();
    expect((await calls())[0]).toMatch(/--wait redis kafka$/);
  });

  test("starts in Docker only the servers that the environment does not name", async () => {
    const calls = await useFakeDocker();
    const stack = await startStack({ env: { REDIS_URL: inject("redisUrl") } });
    await stack.stop();
    expect(stack).toMatchObject({ source: "docker", redisUrl: inject("redisUrl") });
    expect((await calls())[0]).toMatch(/--wait kafka$/);
  });
});

/** Puts a `docker` on the path that always succeeds. Returns a function that reads the commands it received. */
async function useFakeDocker(): Promise<() => Promise<string[]>> {
  const folder = await useFreshFolder();
  const record = join(folder, "calls");
  await writeFile(join(folder, "docker"), `#!/bin/sh\necho "$*" >> ${record}\n`, { mode: 0o755 });
  vi.stubEnv("PATH", `${folder}:${process.env["PATH"]}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  return async () => {
    const lines = (await readFile(record, "utf8")).trim().split("\n");
    return lines.filter((line) => line !== "info" && line !== "compose version");
  };
}

async function useFreshFolder(): Promise<string> {
  const folder = await createFreshFolder();
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function connectRedis(url: string): Redis {
  const redis = new Redis(url, { retryStrategy: () => null, maxRetriesPerRequest: 0 });
  redis.on("error", quiet);
  onTestFinished(() => redis.disconnect());
  return redis;
}

function createKafka(brokers: readonly string[]): Kafka {
  return new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING, retry: { initialRetryTime: 5, retries: 100 } });
}

async function createTopic(kafka: Kafka): Promise<string> {
  const topic = `stack-test-${crypto.randomUUID()}`;
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic }], waitForLeaders: false });
  await awaitLeaders(admin, topic);
  await admin.disconnect();
  return topic;
}

async function sendInTransaction(kafka: Kafka, topic: string, value: string, end: "commit" | "abort"): Promise<void> {
  const producer = kafka.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: [{ value }] });
  await transaction[end]();
  await producer.disconnect();
}

async function readCommitted(kafka: Kafka, topic: string, count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: topic, readUncommitted: false });
  const values: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void values.push(String(message.value)) });
  await waitFor(`${count} messages are read`, () => values.length >= count, { deadlineMs: 30_000 });
  await consumer.disconnect();
  return values;
}
