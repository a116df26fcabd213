/// <reference lib="esnext.disposable" />
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createFreshFolder } from "../../../dev/stack/folders.ts";
import type { ReshardStep } from "../../../src/resharding/reshard.ts";
import type { Bridge } from "./bridge.ts";
import { spawnScript } from "./bridge-process.ts";
import { bridgeVariables } from "./bridge-variables.ts";
import { countJobs } from "../redis/count-jobs.ts";
import { readLedger } from "../redis/read-ledger.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

/** `sent`: within the first transaction that moves states. */
export type HaltingStep = ReshardStep | "sent";

/** The same bridge, started and inspected with another number of shards. */
export const withShards = (bridge: Bridge, shards: number): Bridge => {
  const more = { SHARDS: String(shards) };
  const { redis, redisPrefix } = bridge;
  return {
    ...bridge,
    shards,
    startApi: () => bridge.startApi(more),
    startWorker: () => bridge.startWorker(more),
    runWorker: () => bridge.runWorker(more),
    countJobs: () => countJobs(redis, redisPrefix, shards),
    waitUntilIdle: async () => {
      // Twice, because a forwarded message can be missed in both queues if the target is counted before the source.
      for (const _ of [1, 2]) {
        await waitFor("no shard has a job left", async () => (await countJobs(redis, redisPrefix, shards)) === 0, {
          deadlineMs: 20_000,
        });
      }
    },
    readLedger: () => readLedger(redis, redisPrefix, shards),
  };
};

/** Runs a reshard up to a step and kills it there. Few states fit into one transaction. */
export async function killReshardAt(bridge: Bridge, to: number, step: HaltingStep): Promise<void> {
  const folder = await createFreshFolder();
  const naming = { ...bridge, name: bridge.redisPrefix };
  const { kill, output, exited } = spawnScript({
    script: "test/support/programs/pausable-reshard.ts",
    args: [String(to)],
    variables: { ...bridgeVariables(naming), BATCH_MAX_MESSAGES: "5", HALT_AT: step },
    logFile: join(folder, "reshard.log"),
  });
  try {
    const ended = exited.then(async (reason) => {
      throw new Error(`the reshard ended before ${step} (${reason}):\n${await output()}`);
    });
    const halted = waitFor(`the reshard halts at ${step}`, async () => (await output()).includes("halted"), {
      deadlineMs: 30_000,
    });
    await Promise.race([halted, ended]);
    ended.catch(() => {});
  } finally {
    await kill();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
