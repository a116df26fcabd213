import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { expect, inject, onTestFinished, test } from "vitest";
import { readWorkerConfig } from "../../../workers/worker-config.ts";
import { createKafka } from "../../../src/kafka/client/create-kafka.ts";
import { joinShardGroup } from "../../../src/kafka/consuming/join-shard-group.ts";
import { openEventLog } from "../../../src/kafka/open-event-log.ts";
import { wrapMethod } from "../../../src/kafka/kafkajs-patches/wrap-method.ts";
import { bridgeVariables } from "../../support/bridge/bridge-variables.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

/** The error that the broker answers once, by method, as if the coordinator had moved and the new one were still loading. */
const injectedErrors = new Map<string, string>();
const requests: string[] = [];
for (const method of ["heartbeat", "joinGroup"]) {
  wrapMethod(
    "broker",
    method,
    (original) =>
      async function (request) {
        requests.push(method);
        const type = injectedErrors.get(method);
        injectedErrors.delete(method);
        if (type !== undefined) throw Object.assign(new Error(type), { type, retriable: true });
        return original.call(this, request);
      },
  );
}

test("a rebalance that fails because the coordinator has moved and is loading does not stop the shards for ever", async () => {
  const kafkaBrokers = inject("kafkaBrokers");
  const name = `test-${randomUUID()}`;
  const { kafka: config } = readWorkerConfig(
    bridgeVariables({ name, redisUrl: "redis://127.0.0.1:9", kafkaBrokers, shards: 2 }),
  );
  const log = pino({ level: "silent" });
  await openEventLog(config, log).ensureTopics();
  const callbacks: string[] = [];
  const group = await joinShardGroup(
    createKafka(config, log),
    config,
    {
      onRebalancing: () => callbacks.push("rebalancing"),
      onAssigned: (shards) => callbacks.push(`assigned ${[...shards].toSorted((a, b) => a - b).join(" ")}`),
      onFatal: (error) => callbacks.push(error.message),
    },
    log,
  );
  onTestFinished(() => group.leave());
  await waitFor("all shards are assigned", () => callbacks.length === 1);
  const joins = requests.filter((method) => method === "joinGroup").length;

  injectedErrors.set("heartbeat", "NOT_COORDINATOR_FOR_GROUP");
  injectedErrors.set("joinGroup", "GROUP_LOAD_IN_PROGRESS");
  await waitFor("the rebalance is over", () => callbacks.length === 3);

  expect(callbacks).toEqual(["assigned 0 1", "rebalancing", "assigned 0 1"]);
  expect(requests.filter((method) => method === "joinGroup")).toHaveLength(joins + 1);
});
