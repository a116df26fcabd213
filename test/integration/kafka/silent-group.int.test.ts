import { rm } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { expect, test } from "vitest";
import { createFreshFolder } from "../../../dev/stack/folders.ts";
import { findFreePort } from "../../../dev/stack/free-port.ts";
import { startKafka } from "../../../dev/stack/start-kafka.ts";
import { readWorkerConfig } from "../../../workers/worker-config.ts";
import { createKafka } from "../../../src/kafka/client/create-kafka.ts";
import { joinShardGroup } from "../../../src/kafka/consuming/join-shard-group.ts";
import { openEventLog } from "../../../src/kafka/open-event-log.ts";
import { openTcpProxy } from "../../chaos/servers/tcp-proxy.ts";
import { bridgeVariables } from "../../support/bridge/bridge-variables.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const logged: string[] = [];
const log = pino({ level: "warn" }, { write: (line) => logged.push(line) });
const silentMs = 1_500;

test("a consumer that falls silent is replaced by one that gets its shards, and owns none when it comes back", async () => {
  await using resources = new AsyncDisposableStack();
  const dir = await createFreshFolder();
  resources.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 3 }));
  const port = await findFreePort();
  const link = resources.use(await openTcpProxy({ target: () => port }));
  const kafka = await startKafka({ dir: join(dir, "kafka"), port, advertisedPort: link.port });
  resources.defer(kafka.stop);
  const { kafka: config } = readWorkerConfig(
    bridgeVariables({
      name: "silent",
      redisUrl: "redis://127.0.0.1:9",
      kafkaBrokers: [`127.0.0.1:${link.port}`],
      shards: 3,
    }),
  );
  const client = createKafka(config, log);
  await openEventLog(config, log).ensureTopics();

  const all = new Set([0, 1, 2]);
  const assignments: ReadonlySet<number>[] = [];
  const fatal: Error[] = [];
  const group = await joinShardGroup(
    client,
    config,
    {
      onRebalancing: () => {},
      onAssigned: (shards) => assignments.push(shards),
      onFatal: (error) => fatal.push(error),
    },
    log,
    silentMs,
  );
  resources.defer(() => group.leave());
  await waitFor("all shards are assigned", () => group.assigned().size === all.size);
  const lastHeard = group.confirmedAt();
  const before = assignments.length;

  link.stall();
  await waitFor("the consumer is considered lost", () => logged.some((line) => line.includes("group.lost")));
  link.heal();
  await waitFor("the replacement has joined", () => assignments.length > before && group.confirmedAt() > lastHeard, {
    deadlineMs: 30_000,
  });

  // The old consumer may rejoin and then leave at a time that kafkajs chooses. So the check must hold for several heartbeats.
  let inRow = 0;
  const admin = client.admin();
  await admin.connect();
  resources.defer(() => admin.disconnect());
  const isAlone = async () => {
    const described = (await admin.describeGroups([config.groupId])).groups[0];
    const hasAll =
      described?.state === "Stable" && described.members.length === 1 && group.assigned().size === all.size;
    return hasAll && (await group.confirm(0, AbortSignal.timeout(10_000)));
  };
  const staysAlone = async () => (inRow = (await isAlone()) ? inRow + 1 : 0) === 16;
  await waitFor("the replacement stays the only member, with all shards", staysAlone, { deadlineMs: 30_000 });
  expect(fatal).toEqual([]);
});
