import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { expect, inject, onTestFinished, test } from "vitest";
import { readWorkerConfig } from "../../../workers/worker-config.ts";
import type { State } from "../../../src/domain/state.ts";
import { countMisplaced } from "../../../src/kafka/consuming/find-misplaced.ts";
import { openEventLog } from "../../../src/kafka/open-event-log.ts";
import { createShardOf } from "../../../src/domain/shard-of.ts";
import { createShardLedger } from "../../../src/ledger/shard-ledger.ts";
import { shardPrefix } from "../../../src/redis/keys.ts";
import { createFailFastRedis } from "../../../src/redis/create-redis.ts";
import { createShardLayoutGuard } from "../../../src/resharding/shard-layout-guard.ts";
import { createShardLayoutRecord } from "../../../src/resharding/shard-layout.ts";
import { reshard, type ReshardDeps, type ReshardStep } from "../../../src/resharding/reshard.ts";
import { StartUpError } from "../../../src/shared/errors.ts";
import { ownShard } from "../../../workers/shards/own-shard.ts";
import { openShardInMemory } from "../../support/workers/shard-in-memory.ts";
import { bridgeVariables } from "../../support/bridge/bridge-variables.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const log = pino({ level: "silent" });
const { signal } = new AbortController();

test("a worker that was about to own a shard when a reshard began notices it behind its fence, and claims nothing", async () => {
  const { deps, eventLog, guard, countWrong } = await openWithStates();
  const reshardBegan = Promise.withResolvers<void>();
  const { context, calls } = openShardInMemory({
    context: {
      confirmShardLayout: () => guard.confirm(),
      openPublisher: async (shard) => {
        await reshardBegan.promise;
        return eventLog.openPublisher(shard);
      },
    },
  });
  // Its first look at the shard layout comes before the reshard.
  const owning = ownShard(context, 0, signal).catch((error: unknown) => error);
  let answer: unknown;
  const atStep = async (step: ReshardStep) => {
    if (step !== "taken" || answer !== undefined) return;
    reshardBegan.resolve();
    answer = await owning;
  };
  expect(await reshard({ ...deps, atStep }, 3)).toMatchObject({ outcome: "resharded", from: 2 });
  expect(answer).toBeInstanceOf(StartUpError);
  expect(calls).not.toContain("claim");
  expect(await countWrong()).toBe(0);
});

test("a state that an old worker writes after the move is noticed before the reshard is done", async () => {
  const { deps, eventLog, countWrong } = await openWithStates();
  let late = 0;
  const untilConsumed = async () => {
    late += 1;
    if (late > 1) return;
    // Like a worker of an older version, it does not check the layout and writes with the old number of shards.
    const publisher = await eventLog.openPublisher(1);
    await publisher.publish({ events: [], states: [{ userId: userOfShard(1), state: stateOf(userOfShard(1)) }] });
    await publisher.close();
  };
  expect(await reshard({ ...deps, untilConsumed }, 3)).toMatchObject({ outcome: "resharded" });
  expect(late).toBe(2);
  expect(await countWrong()).toBe(0);
});

test("of two concurrent reshard commands the later one finishes, and the earlier one gives up", async () => {
  const { deps, shardLayout, countWrong } = await openWithStates();
  let second: Promise<unknown> | undefined;
  const atStep = async (step: ReshardStep) => {
    if (step !== "taken") return;
    second ??= reshard(deps, 3);
    await second;
  };
  await expect(reshard({ ...deps, atStep }, 3)).rejects.toThrow("Another reshard command has taken over");
  expect(await second).toMatchObject({ outcome: "resharded", from: 2 });
  expect(await shardLayout.read()).toEqual({ phase: "steady", shards: 3 });
  expect(await countWrong()).toBe(0);
});

/** A bridge with two shards, the states of thirty users and no processes. */
async function openWithStates() {
  const name = `test-${randomUUID()}`;
  const naming = { name, redisUrl: inject("redisUrl"), kafkaBrokers: inject("kafkaBrokers"), shards: 2 };
  const config = readWorkerConfig(bridgeVariables(naming));
  const redis = createFailFastRedis(config.redis.address, log, 5_000);
  onTestFinished(() => redis.disconnect());
  await waitFor("Redis answers", () => redis.status === "ready");
  const eventLog = openEventLog(config.kafka, log);
  await eventLog.ensureTopics();
  const shardLayout = createShardLayoutRecord(redis, name);
  const guard = createShardLayoutGuard({ shardLayout, eventLog, shards: 2, signal });
  // A broker may not know yet that it leads the new topics.
  await waitFor("the shard layout can be read", () => guard.confirm().then(() => true));
  const userIds = Array.from({ length: 30 }, (_, index) => `user_${index}`);
  for (const [shard, ids] of Map.groupBy(userIds, createShardOf(2))) {
    const publisher = await eventLog.openPublisher(shard);
    await publisher.publish({ events: [], states: ids.map((userId) => ({ userId, state: stateOf(userId) })) });
    await publisher.close();
  }
  const deps: ReshardDeps = {
    shardLayout,
    eventLog,
    openPublisher: (shard, movesAmong) => eventLog.openPublisher(shard, undefined, movesAmong),
    createShardLedger: (shard) => createShardLedger(redis, shardPrefix(name, shard)),
    cluster: await eventLog.clusterId(),
    maxStates: 4,
    untilConsumed: async () => {},
    signal,
    atStep: async () => {},
    onProgress: () => {},
  };
  const countWrong = () => countMisplaced(eventLog.findMisplaced(createShardOf(3), signal));
  return { deps, eventLog, shardLayout, guard, countWrong };
}

const stateOf = (id: string): State => ({
  status: "present",
  user: { id, firstName: "Ada", lastName: "", username: "", emailAddress: [], role: "user" },
  createdAt: 1,
  version: 1,
  readAt: 0,
  sequence: 1,
});

/** A new user who is in this shard of two and in another shard of three. */
function userOfShard(shard: number): string {
  for (let index = 1_000; ; index += 1) {
    const userId = `user_${index}`;
    if (createShardOf(2)(userId) === shard && createShardOf(3)(userId) !== shard) return userId;
  }
}
