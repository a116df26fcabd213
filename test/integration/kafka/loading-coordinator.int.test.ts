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
/** Requests and callbacks, in order. */
const trace: string[] = [];
for (const method of ["heartbeat", "joinGroup"]) {
  wrapMethod(
    "broker",
    method,
    (original) =>
      async function (request) {
        trace.push(method);
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
  const group = await joinShardGroup(
    createKafka(config, log),
    config,
    {
      onRebalancing: () => trace.push("rebalancing"),
      onAssigned: (shards) => trace.push(`assigned ${[...shards].toSorted((a, b) => a - b).join(" ")}`),
      onFatal: (error) => trace.push(error.message),
    },
    log,
  );
  onTestFinished(() => group.leave());
  // kafkajs may join once more when it reads the metadata of the new topics; heartbeats in a row show that it has.
  await waitFor(
    "the group is at rest",
    () => trace.length > 5 && trace.slice(-5).every((entry) => entry === "heartbeat"),
  );

  injectedErrors.set("heartbeat", "NOT_COORDINATOR_FOR_GROUP");
  injectedErrors.set("joinGroup", "GROUP_LOAD_IN_PROGRESS");
  const sinceRebalance = () => trace.slice(trace.indexOf("rebalancing")).filter((entry) => entry !== "heartbeat");
  await waitFor("the rebalance is over", () => trace.includes("rebalancing") && sinceRebalance().length === 3);
  expect(sinceRebalance()).toEqual(["rebalancing", "joinGroup", "assigned 0 1"]);
});
