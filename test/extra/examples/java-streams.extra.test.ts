import { execa } from "execa";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { repositoryFolder } from "../../../dev/stack/folders.ts";
import { installUnless } from "../../../dev/stack/install-with-apt.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";
import { createKafka, readTopic } from "../../support/kafka/read-topic.ts";
import { type Example, openExample, startBridge, userOf } from "../../support/run-example.ts";

test(
  "java-streams joins each order once with the current user, in spite of a kill and an aborted transaction",
  { timeout: 240_000 },
  async () => {
    await installUnless(["javac", "-version"], ["default-jdk-headless"]);
    await installUnless(["mvn", "-version"], ["maven"]);
    const { bridge, emulator } = await startBridge();
    const { id } = emulator.dashboard.createUser(userOf(1));
    await emulator.webhooks.settled();
    await bridge.waitUntilIdle();

    const example = await openExample("java-streams", bridge, ["mvn", "-q", "-B", "compile", "exec:java"]);
    await execa("mvn", ["-q", "-B", "compile"], { cwd: join(repositoryFolder, "examples/java-streams") });
    const topics = { ORDERS_TOPIC: `${bridge.eventsTopic}.orders`, OUTPUT_TOPIC: `${bridge.eventsTopic}.output` };
    const first = example.start(topics);
    await first.waitFor("joins");
    await order(example, topics, id, 1);
    await first.waitFor(`${id} {"amount":1.0,"customer":"Ada1 Lovelace","email":"user1@example.com"}`);

    await writeAbortedState(bridge.kafkaBrokers, bridge.stateTopic, id);
    await order(example, topics, id, 2);
    await first.waitFor(`${id} {"amount":2.0,"customer":"Ada1 Lovelace"`);
    await first.kill();

    emulator.dashboard.deleteUser(id);
    await emulator.webhooks.settled();
    await bridge.waitUntilIdle();
    await order(example, topics, id, 3);
    const second = example.start(topics);
    await second.waitFor(`${id} {"amount":3.0,"customer":null,"email":null}`);
    const read = async () => {
      const records = await readTopic(bridge.kafkaBrokers, topics.OUTPUT_TOPIC);
      return records.length >= 3 && records;
    };
    const joined = await waitFor("three orders are joined", read, { deadlineMs: 20_000 });
    expect(joined.map(({ key, value }) => [key, JSON.parse(String(value)).amount])).toEqual([
      [id, 1],
      [id, 2],
      [id, 3],
    ]);
  },
);

async function order(example: Example, topics: Readonly<Record<string, string>>, id: string, amount: number) {
  const written = example.start(topics, [`-Dexec.args=order ${id} ${amount}`]);
  expect(await written.exited).toBe("exit code 0");
}

/** A record that a consumer must not see: the bridge's transactions can be aborted too. */
async function writeAbortedState(brokers: readonly string[], topic: string, key: string): Promise<void> {
  const producer = createKafka(brokers).producer({
    transactionalId: `${topic}.aborted`,
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: [{ key, value: JSON.stringify({ firstName: "Aborted", lastName: "" }) }] });
  await transaction.abort();
}
