import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { repositoryFolder } from "../../../dev/stack/folders.ts";
import { openBridge } from "../../support/bridge/bridge.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { makeHistory } from "../../support/bridge/make-history.ts";
import { expectedUsers, messagesOf } from "../../support/clerk/clerk-messages.ts";
import { sendAll } from "../../support/clerk/send-webhook.ts";
import { type GuardedKafka, type Right, startGuardedKafka } from "../../support/kafka/start-guarded-kafka.ts";

let kafka: GuardedKafka;
beforeAll(async () => {
  kafka = await startGuardedKafka();
});
afterAll(() => kafka[Symbol.asyncDispose]());

const open = (variables: Readonly<Record<string, string>> = {}) =>
  openBridge({ kafkaBrokers: kafka.guardedBrokers, variables: { ...kafka.variables, ...variables } });

test("a worker with a wrong password ends and names the variables, and prints no password", async () => {
  await using bridge = await open({ KAFKA_SASL_PASSWORD: "guessed it" });
  const { output, reason } = await bridge.runWorker();
  expect(reason).toBe("exit code 1");
  expect(output).toMatch(
    /Kafka refuses: .*\n +→ check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD/,
  );
  expect(output).not.toContain("guessed it");
});

test("a worker and doctor without any right end with the reason and the remedy", async () => {
  await using bridge = await open();
  const [worker, doctor] = await Promise.all([bridge.runWorker(), bridge.runCommand("doctor")]);
  expect(worker.reason).toBe("exit code 1");
  expect(worker.output).toMatch(/AUTHORIZATION_FAILED\]\n +→ grant the bridge's Kafka user the rights/);
  expect(doctor.reason).toBe("exit code 2");
  expect(doctor.output).toMatch(/^✗ Kafka: .*AUTHORIZATION_FAILED\]\n +→ grant the bridge's Kafka user the rights/m);
});

test.for(["GROUP", "TRANSACTIONAL_ID"] as const)(
  "a worker without the rights on its %s ends with the reason",
  async (resource) => {
    await using bridge = await open();
    await kafka.grant((await readRights(bridge.redisPrefix)).filter((right) => right.resource !== resource));
    const { output, reason } = await bridge.runWorker();
    expect(reason).toBe("exit code 1");
    expect(output).toMatch(/AUTHORIZATION_FAILED\]\n +→ grant the bridge's Kafka user the rights/);
  },
);

test("the rights that docs/kafka.md lists are enough for the worker, doctor and resharding", async () => {
  await using bridge = await open();
  await kafka.grant(await readRights(bridge.redisPrefix));
  const [api] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  const history = makeHistory({ users: 10, seed: 3 });
  await sendAll(api.url, messagesOf(history));
  await bridge.waitUntilIdle();
  await expectExactlyOnce({ ...bridge, kafkaBrokers: kafka.plainBrokers }, expectedUsers(history));
  const doctor = await bridge.runCommand("doctor");
  expect(doctor.output).toContain(`✓ Kafka: ${bridge.eventsTopic} and ${bridge.stateTopic} have 2 partitions each`);
  expect(doctor.output).toContain("✓ Kafka transactions: can be begun");
  expect(doctor.output).toContain("! Connection: sends the password unencrypted (SASL PLAIN without TLS)");
  const reshard = await bridge.runCommand("reshard", "--to", "3");
  expect(reshard).toMatchObject({ output: expect.not.stringContaining("refuses"), reason: "exit code 0" });
});

/** Reads the table of rights in the document. `<…>` stands for a name that begins with `name` here. */
async function readRights(name: string): Promise<Right[]> {
  const document = await readFile(join(repositoryFolder, "docs/kafka.md"), "utf8");
  const rows = document.matchAll(/^\| (TOPIC|GROUP|TRANSACTIONAL_ID|CLUSTER) \| `([^`]+)`[^|]* \| ([A-Z_, ]+) \|/gm);
  return Array.from(rows, ([, resource, , operations = ""]) => ({
    resource: resourceSchema.parse(resource),
    prefix: resource === "CLUSTER" ? "kafka-cluster" : name,
    operations: operations.split(", "),
  }));
}

const resourceSchema = z.enum(["TOPIC", "GROUP", "TRANSACTIONAL_ID", "CLUSTER"]);
