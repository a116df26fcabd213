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

/** What the broker is made to answer once, by method: as when the group's coordinator has moved and the new one still loads. */
const lies = new Map<string, string>();
const asked: string[] = [];
for (const method of ["heartbeat", "joinGroup"]) {
  wrapMethod(
    "broker",
    method,
    (original) =>
      async function (request) {
        asked.push(method);
        const type = lies.get(method);
        lies.delete(method);
        if (type !== undefined) throw Object.assign(new Error(type), { type, retriable: true });
        return original.call(this, request);
      },
  );
}

test("A rebalance that comes to nothing, as the group's coordinator has moved and still loads, does not hold the shards for ever", async () => {
  const kafkaBrokers = inject("kafkaBrokers");
  const name = `test-${randomUUID()}`;
  const { kafka: config } = readWorkerConfig(
    bridgeVariables({ name, redisUrl: "redis://127.0.0.1:9", kafkaBrokers, shards: 2 }),
  );
  const log = pino({ level: "silent" });
  await openEventLog(config, log).ensureTopics();
  const told: string[] = [];
  const group = await joinShardGroup(
    createKafka(config, log),
    config,
    {
      onRebalancing: () => told.push("rebalancing"),
      onAssigned: (shards) => told.push(`assigned ${[...shards].toSorted((a, b) => a - b).join(" ")}`),
      onFatal: (error) => told.push(error.message),
    },
    log,
  );
  onTestFinished(() => group.leave());
  await waitFor("all shards are assigned", () => told.length === 1);
  const joins = asked.filter((method) => method === "joinGroup").length;

  lies.set("heartbeat", "NOT_COORDINATOR_FOR_GROUP");
  lies.set("joinGroup", "GROUP_LOAD_IN_PROGRESS");
  await waitFor("the rebalance is over", () => told.length === 3);

  expect(told).toEqual(["assigned 0 1", "rebalancing", "assigned 0 1"]);
  expect(asked.filter((method) => method === "joinGroup")).toHaveLength(joins + 1);
});
