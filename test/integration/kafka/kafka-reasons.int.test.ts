import { expect, test } from "vitest";
import { findFreePort } from "../../../dev/stack/free-port.ts";
import { openBridge } from "../../support/bridge/bridge.ts";
import { reserveKafka } from "../../support/private-servers.ts";

test.for([
  [{ KAFKA_REPLICATION_FACTOR: "3" }, "INVALID_REPLICATION_FACTOR", "set KAFKA_REPLICATION_FACTOR"],
  [{ KAFKA_EVENTS_TOPIC: "no spaces please" }, "INVALID_TOPIC_EXCEPTION", "set KAFKA_EVENTS_TOPIC"],
  [{ KAFKA_MIN_INSYNC_REPLICAS: "2" }, "min.insync.replicas=2", "--add-config min.insync.replicas=1"],
] as const)("a worker with %o ends with the reason and the remedy", async ([variables, kind, remedy]) => {
  await using bridge = await openBridge({ variables });
  const { output, reason } = await bridge.runWorker();
  expect(reason).toBe("exit code 1");
  expect(output).toContain(kind);
  expect(output).toContain(`→ `);
  expect(output).toContain(remedy);
});

test("a worker and doctor say that a single broker cannot replicate the transactions to three", async () => {
  await using kafka = await reserveKafka({ properties: { "transaction.state.log.replication.factor": 3 } });
  const { brokers } = await kafka.start();
  await using bridge = await openBridge({ kafkaBrokers: brokers });
  const { output, reason } = await bridge.runWorker();
  expect(reason).toBe("exit code 1");
  expect(output).toMatch(/^Transactions are impossible: .*\n +→ start 3 brokers, or set .*=1$/m);
  const doctor = await bridge.runCommand("doctor");
  expect(doctor).toMatchObject({ reason: "exit code 2", output: expect.stringContaining("✗ Transactions: are impo") });
});

test("readiness says why Kafka is unavailable", async () => {
  const port = await findFreePort();
  await using bridge = await openBridge({ kafkaBrokers: [`127.0.0.1:${port}`] });
  const worker = await bridge.startWorkerUnready();
  await worker.waitUntilLogged("kafka.unavailable");
  expect(await worker.readiness()).toMatchObject({
    status: 503,
    body: { conditions: { kafka: expect.stringMatching(/^not joined yet: .*ECONNREFUSED/) } },
  });
});
