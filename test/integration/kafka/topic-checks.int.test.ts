import { execa } from "execa";
import kafkajs, { type ITopicConfig } from "kafkajs";
import { expect, test } from "vitest";
import { type Bridge, openBridge } from "../../support/bridge/bridge.ts";
import { createKafka } from "../../support/kafka/read-topic.ts";
import { installKafka } from "../../../dev/stack/install-kafka.ts";
import { javaArguments } from "../../../dev/stack/java-arguments.ts";

type Which = "eventsTopic" | "stateTopic";

const suitable: Readonly<Record<Which, Readonly<Record<string, string>>>> = {
  eventsTopic: { "cleanup.policy": "delete", "retention.ms": "-1" },
  stateTopic: { "cleanup.policy": "compact", "delete.retention.ms": String(100 * 86_400_000) },
};

test.for([
  ["eventsTopic", "cleanup.policy", "compact"],
  ["eventsTopic", "max.message.bytes", "1000"],
  ["stateTopic", "cleanup.policy", "delete"],
  ["stateTopic", "cleanup.policy", "compact,delete"],
  ["stateTopic", "max.message.bytes", "1000"],
  ["stateTopic", "delete.retention.ms", "60000"],
  ["stateTopic", "min.insync.replicas", "3"],
] as const)("a worker refuses %s with %s=%s, and starts after the printed command", async ([which, name, value]) => {
  await using bridge = await openBridge();
  await createTopics(bridge, { [which]: { configEntries: entriesOf({ ...suitable[which], [name]: value }) } });
  const { output, reason } = await bridge.runWorker();
  expect(reason).toBe("exit code 1");
  expect(output).toContain(`Topic ${bridge[which]} has ${name}=${value}`);
  expect(output).not.toMatch(/^ +at /m);
  await runKafkaConfigs(/→ kafka-configs\.sh (.*)/.exec(output)?.[1] ?? "no command");
  await bridge.startWorker();
});

test.for([
  ["eventsTopic", "retention.ms", "604800000"],
  ["eventsTopic", "retention.bytes", "1000000"],
  ["stateTopic", "delete.retention.ms", "86400000"],
] as const)("a worker starts with %s and %s=%s, and warns about it with the command", async ([which, name, value]) => {
  await using bridge = await openBridge();
  await createTopics(bridge, { [which]: { configEntries: entriesOf({ ...suitable[which], [name]: value }) } });
  const worker = await bridge.startWorker();
  expect(await worker.waitUntilLogged("kafka.unwise")).toMatchObject([
    { subject: `Topic ${bridge[which]}`, remedy: expect.stringContaining(`--add-config ${name}=`) },
  ]);
});

test.for(["eventsTopic", "stateTopic"] as const)(
  "a worker does not start with a wrong number of partitions in %s, and names the topic",
  async (which) => {
    await using bridge = await openBridge();
    await createTopics(bridge, { [which]: { numPartitions: 5, configEntries: entriesOf(suitable[which]) } });
    const { output, reason } = await bridge.runWorker();
    expect(reason).toBe("exit code 1");
    expect(output).toMatch(/Topic \S+ has 5 partitions and SHARDS is 2\. .*\n +→ set SHARDS=5, or use another topic/);
    expect(output).toContain(bridge[which]);
  },
);

test("the topics that a worker creates suit it, and have the configured retention", async () => {
  await using bridge = await openBridge({ variables: { KAFKA_EVENTS_RETENTION_MS: "7200000" } });
  const worker = await bridge.startWorker({ KAFKA_STATE_DELETE_RETENTION_MS: "7200000" });
  expect(await worker.logged("kafka.unwise")).toEqual([]);
  expect(await readSettings(bridge, bridge.eventsTopic)).toMatchObject({
    "cleanup.policy": "delete",
    "retention.ms": "7200000",
  });
  expect(await readSettings(bridge, bridge.stateTopic)).toMatchObject({
    "cleanup.policy": "compact",
    "delete.retention.ms": "7200000",
  });
});

const entriesOf = (settings: Readonly<Record<string, string>>) =>
  Object.entries(settings).map(([name, value]) => ({ name, value }));

async function createTopics(bridge: Bridge, changes: Partial<Record<Which, Omit<ITopicConfig, "topic">>>) {
  const admin = createKafka(bridge.kafkaBrokers).admin();
  await admin.connect();
  try {
    await admin.createTopics({
      // kafkajs's own wait fails while a broker does not know the topic yet. The worker waits anyway.
      waitForLeaders: false,
      topics: (["eventsTopic", "stateTopic"] as const).map((which) => ({
        topic: bridge[which],
        numPartitions: changes[which]?.numPartitions ?? bridge.shards,
        configEntries: changes[which]?.configEntries ?? entriesOf(suitable[which]),
      })),
    });
  } finally {
    await admin.disconnect();
  }
}

async function readSettings(bridge: Bridge, topic: string): Promise<Record<string, string>> {
  const admin = createKafka(bridge.kafkaBrokers).admin();
  await admin.connect();
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
    });
    return Object.fromEntries(resources.flatMap((one) => one.configEntries.map((e) => [e.configName, e.configValue])));
  } finally {
    await admin.disconnect();
  }
}

/** Runs `kafka-configs.sh` of Kafka's own tools. Throws with its output when it fails. */
async function runKafkaConfigs(options: string): Promise<void> {
  const java = javaArguments(await installKafka(() => {}));
  await execa("java", [...java, "kafka.admin.ConfigCommand", ...options.split(" ")]);
}
