import { afterAll, beforeAll, expect, test } from "vitest";
import { checkClerkClock } from "../../../cli/doctor/check-clerk.ts";
import { checkClocks } from "../../../cli/doctor/check-redis.ts";
import { findFreePort } from "../../../dev/stack/free-port.ts";
import { readWorkerConfig } from "../../../workers/worker-config.ts";
import { type Bridge, type BridgeOptions, openBridge } from "../../support/bridge/bridge.ts";
import { bridgeVariables } from "../../support/bridge/bridge-variables.ts";
import { openClerkWithoutWebhooks, type ClerkWithoutWebhooks } from "../../support/clerk/clerk-without-webhooks.ts";
import { reserveRedis } from "../../support/private-servers.ts";
import { createKafka } from "../../support/kafka/read-topic.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const resources = new AsyncDisposableStack();
let clerk: ClerkWithoutWebhooks;
let redisUrl: string;

beforeAll(async () => {
  const redis = resources.use(await reserveRedis());
  redisUrl = (await redis.start()).url;
  clerk = resources.use(await openClerkWithoutWebhooks({ redisUrl }));
});
afterAll(() => resources.disposeAsync());

test("doctor exits with 0 and warns about missing topics before the first start, and reports no problem after it", async () => {
  const { bridge } = clerk;
  const before = await runDoctor(bridge);
  expect(before.reason).toBe("exit code 0");
  expect(before.output).toMatch(
    /^! Kafka: answers; no topic \S+\.events, \S+\.state yet\n {4}→ the worker creates it when it starts$/m,
  );

  const worker = await bridge.startWorker();
  await worker.stop();
  clerk.createUsers(3);
  const { output, reason } = await runDoctor(bridge);
  expect(reason).toBe("exit code 0");
  const lines = output.trim().split("\n");
  const silent = ["! API: none runs", "! Worker: none runs"];
  expect(lines.filter((line) => /^[!✗]/.test(line))).toEqual(silent);
  expect(lines).toContain("✓ Redis appendonly: yes");
  expect(lines).toContain("✓ Clerk key: accepted; 3 users");
  expect(lines).toContain(`✓ Kafka: ${bridge.eventsTopic} and ${bridge.stateTopic} have 2 partitions each`);
  expect(lines).toContain("✓ Kafka transactions: can be begun");
});

test("doctor fails for a Redis that forgets or evicts, warns about one that syncs every second, and prints the command that fixes it", async () => {
  const { bridge } = clerk;
  const settings = { appendonly: "no", "maxmemory-policy": "allkeys-lru", appendfsync: "everysec" };
  const kept = { appendonly: "yes", "maxmemory-policy": "noeviction", appendfsync: "always" };
  const setAll = async (to: Readonly<Record<string, string>>) => {
    for (const [setting, value] of Object.entries(to)) await bridge.redis.config("SET", setting, value);
  };
  await setAll(settings);
  const { output, reason } = await runDoctor(bridge);
  await setAll(kept);
  expect(reason).toBe("exit code 2");
  for (const [mark, setting] of [
    ["✗", "appendonly"],
    ["✗", "maxmemory-policy"],
    ["!", "appendfsync"],
  ] as const) {
    expect(output).toContain(`${mark} Redis ${setting}: is ${settings[setting]}: `);
    expect(output).toContain(`    → CONFIG SET ${setting} ${kept[setting]}, and the same in redis.conf\n`);
  }
});

test("doctor fails for topics with another number of partitions, and for a state topic that is not compacted", async () => {
  const bridges = [await open(), await open()];
  const [grown, uncompacted] = bridges;
  if (grown === undefined || uncompacted === undefined) throw new Error("no bridges");
  await createTopic(grown.eventsTopic, 5);
  await createTopic(grown.stateTopic, 2, "compact");
  await createTopic(uncompacted.eventsTopic, 2);
  await createTopic(uncompacted.stateTopic, 2, "delete");
  const [partitions, policy] = await Promise.all(bridges.map(runDoctor));
  expect(partitions?.reason).toBe("exit code 2");
  expect(partitions?.output).toMatch(/^✗ Topic \S+\.events: has 5 partitions and SHARDS is 2\. .*\n +→ set SHARDS=5/m);
  expect(policy?.reason).toBe("exit code 2");
  expect(policy?.output).toMatch(
    /^✗ Topic \S+\.state: has cleanup\.policy=delete\. .*\n +→ kafka-configs\.sh .*cleanup\.policy=compact$/m,
  );
});

test("doctor fails when Kafka and Clerk are unavailable, and names the variables with their addresses", async () => {
  const [kafkaPort, clerkPort] = [await findFreePort(), await findFreePort()];
  const bridge = await open({
    kafkaBrokers: [`127.0.0.1:${kafkaPort}`],
    variables: { CLERK_API_URL: `http://127.0.0.1:${clerkPort}` },
  });
  const { output, reason } = await runDoctor(bridge);
  expect(reason).toBe("exit code 3");
  expect(output).toMatch(new RegExp(`^✗ Kafka: .*ECONNREFUSED 127.0.0.1:${kafkaPort}`, "m"));
  expect(output).toContain("    → check that the brokers run and KAFKA_BROKERS is right\n");
  expect(output).toMatch(/^✗ Clerk: Clerk cannot be reached.*\n {4}→ check CLERK_SECRET_KEY and CLERK_API_URL$/m);
});

test("doctor fails for a key that Clerk rejects, and counts an error of Clerk's as an outage", async () => {
  const { emulator, proxy } = clerk;
  const wrong = await runDoctor(
    await open({ variables: { CLERK_API_URL: emulator.url, CLERK_SECRET_KEY: "sk_test_wrong" } }),
  );
  expect(wrong.reason).toBe("exit code 2");
  expect(wrong.output).toContain(
    "✗ Clerk key: Clerk rejects it\n    → copy CLERK_SECRET_KEY from the page of API keys in the dashboard\n",
  );
  proxy.failWhen(() => ({ kind: "answer", status: 500 }));
  const failing = await runDoctor(clerk.bridge);
  proxy.failWhen(() => undefined);
  expect(failing.reason).toBe("exit code 3");
  expect(failing.output).toContain("✗ Clerk: Clerk failed to answer: Internal Server Error\n");
});

test("doctor also checks the configuration of the API, and prints no secret", async () => {
  const { output, reason } = await runDoctor(await open({ variables: { CLERK_WEBHOOK_SECRET: "whsec_!!!secret!!!" } }));
  expect(reason).toBe("exit code 2");
  expect(output).toMatch(/^✗ API configuration: .+\n {4}→ see \.env\.example$/m);
  expect(output).not.toContain("!!!secret!!!");
});

test("doctor prints one line and exits with 3 without Redis, and reports a missing Clerk key as a finding", async () => {
  const port = await findFreePort();
  const [withoutRedis, withoutKey] = await Promise.all([
    runDoctor(await open({ redisUrl: `redis://127.0.0.1:${port}` })),
    runDoctor(await open({ variables: { CLERK_SECRET_KEY: "" } })),
  ]);
  expect(withoutRedis).toEqual({
    output: expect.stringMatching(/^Redis is unavailable: .*ECONNREFUSED.*\n$/),
    reason: "exit code 3",
  });
  expect(withoutKey).toEqual({
    output: expect.stringMatching(/✗ Clerk: CLERK_SECRET_KEY: not set/),
    reason: "exit code 2",
  });
});

test("doctor warns about a clock that differs from that of Redis or of Clerk by more than webhooks tolerate", async () => {
  const { bridge, emulator } = clerk;
  const config = readWorkerConfig({
    ...bridgeVariables({ name: "clocks", redisUrl, kafkaBrokers: [], shards: 1 }),
    CLERK_API_URL: emulator.url,
    CLERK_SECRET_KEY: emulator.secretKey,
  });
  const early = () => Date.now() - 60_000;
  expect(await checkClocks(bridge.redis, Date.now)).toMatchObject([{ verdict: "ok" }]);
  expect(await checkClocks(bridge.redis, early)).toMatchObject([{ verdict: "warn", subject: "Clock" }]);
  expect(await checkClerkClock(config, Date.now)).toEqual([]);
  expect(await checkClerkClock(config, early)).toMatchObject([
    { verdict: "warn", subject: "Clock", remedy: "synchronise the clock (NTP)" },
  ]);
});

const open = async (options: BridgeOptions = {}): Promise<Bridge> =>
  resources.use(
    await openBridge({
      redisUrl,
      ...options,
      variables: { CLERK_API_URL: clerk.proxy.url, CLERK_SECRET_KEY: clerk.emulator.secretKey, ...options.variables },
    }),
  );

const runDoctor = (bridge: Bridge) => bridge.runCommand("doctor");

async function createTopic(topic: string, numPartitions: number, policy = "delete"): Promise<void> {
  const admin = createKafka(clerk.bridge.kafkaBrokers).admin();
  await admin.connect();
  const configEntries = [{ name: "cleanup.policy", value: policy }];
  await admin.createTopics({ topics: [{ topic, numPartitions, configEntries }], waitForLeaders: false });
  await waitFor("the topic exists", async () => (await admin.listTopics()).includes(topic));
  await admin.disconnect();
}
