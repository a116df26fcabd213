import { ConfigResourceTypes } from "kafkajs";
import { Redis } from "ioredis";
import { expect, inject, test } from "vitest";
import { waitFor } from "../../../dev/stack/wait-for.ts";
import { openBridge } from "../../support/bridge/bridge.ts";
import { makeUser, userMessage } from "../../support/clerk/clerk-messages.ts";
import { send } from "../../support/clerk/send-webhook.ts";
import { createKafka } from "../../support/kafka/read-topic.ts";

test("a worker creates missing topics with one partition per shard, and only the state topic compacted", async () => {
  await using bridge = await openBridge({ shards: 3, variables: { KAFKA_STATE_DELETE_RETENTION_MS: "172800000" } });
  await bridge.startWorker();
  const admin = createKafka(bridge.kafkaBrokers).admin();
  await admin.connect();
  const topics = [bridge.eventsTopic, bridge.stateTopic];
  const metadata = await admin.fetchTopicMetadata({ topics });
  const settings = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
  });
  await admin.disconnect();
  expect(metadata.topics.map(({ partitions }) => partitions.length)).toEqual([3, 3]);
  const settingOf = (topic: string, name: string) =>
    settings.resources
      .find(({ resourceName }) => resourceName === topic)
      ?.configEntries.find(({ configName }) => configName === name)?.configValue;
  expect(topics.map((topic) => settingOf(topic, "cleanup.policy"))).toEqual(["delete", "compact"]);
  // A tombstone must outlive late messages about its user.
  expect(settingOf(bridge.stateTopic, "delete.retention.ms")).toBe("172800000");
});

test("workers that start concurrently without topics agree on them and share the shards", async () => {
  await using bridge = await openBridge({ shards: 3 });
  const workers = await Promise.all([bridge.startWorker(), bridge.startWorker(), bridge.startWorker()]);
  const owned = async () => (await Promise.all(workers.map((worker) => worker.logged("shard.owned")))).flat();
  await expect.poll(async () => new Set((await owned()).map(({ shard }) => shard)).size, { timeout: 15_000 }).toBe(3);
});

test("a worker does not start without CLERK_SECRET_KEY, and names the variable", async () => {
  await using bridge = await openBridge();
  const { output, reason } = await bridge.runWorker({ CLERK_SECRET_KEY: "" });
  expect(reason).toBe("exit code 1");
  expect(output).toMatch(/^Cannot run:\nCLERK_SECRET_KEY: not set.*\n$/);
});

test("the API does not start with an invalid signing secret, and does not print it", async () => {
  await using bridge = await openBridge();
  const start = bridge.startApi({ CLERK_WEBHOOK_SECRET: "whsec_%%%%" });
  await expect(start).rejects.toThrow(/ended \(exit code 1\):\nCannot run:\nCLERK_WEBHOOK_SECRET: secret 1 is not/);
  await expect(start).rejects.not.toThrow(/%%%%/);
});

test("the API does not start on a port that is in use", async () => {
  await using bridge = await openBridge();
  const { url } = await bridge.startApi();
  await expect(bridge.startApi({ PORT: new URL(url).port })).rejects.toThrow(
    /Cannot run:\nPORT: another program listens on port \d+ \(EADDRINUSE\)\n/,
  );
});

test("the API does not start on an address that this machine does not have, and names the variable", async () => {
  await using bridge = await openBridge();
  await expect(bridge.startApi({ HOST: "203.0.113.7" })).rejects.toThrow(
    /Cannot run:\nHOST: this machine has no address 203\.0\.113\.7 \(EADDRNOTAVAIL\)\n/,
  );
});

test("the API does not start with a signing secret that is shorter than Svix makes them", async () => {
  await using bridge = await openBridge();
  const short = `whsec_${Buffer.from("less than 24 bytes").toString("base64")}`;
  await expect(bridge.startApi({ CLERK_WEBHOOK_SECRET: short })).rejects.toThrow(/CLERK_WEBHOOK_SECRET: .*24 bytes/);
});

test("API and worker listen on IPv6 and IPv4 when HOST is not set", async () => {
  await using bridge = await openBridge();
  const programs = await Promise.all([bridge.startApi({ HOST: "" }), bridge.startWorker({ HOST: "" })]);
  for (const { url } of programs) {
    const { port } = new URL(url);
    const statuses = ["127.0.0.1", "[::1]"].map(async (host) => (await fetch(`http://${host}:${port}/livez`)).status);
    expect(await Promise.all(statuses)).toEqual([200, 200]);
  }
});

test("nothing is written to another database when Redis does not have the one of REDIS_URL", async () => {
  await using bridge = await openBridge({ redisUrl: `${inject("redisUrl")}/20` });
  const [api, worker] = await Promise.all([bridge.startApiUnready(), bridge.startWorkerUnready()]);
  for (const program of [api, worker]) {
    await waitFor("the program says why it is not ready", async () =>
      JSON.stringify((await program.readiness()).body).includes("REDIS_URL: Redis has no database"),
    );
  }
  expect((await send(api.url, userMessage("user.created", makeUser(), 1).message)).status).toBe(503);
  const redis = new Redis(inject("redisUrl"));
  expect(await redis.keys(`*${bridge.redisPrefix}*`)).toEqual([]);
  redis.disconnect();
});
