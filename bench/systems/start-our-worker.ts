import { findFreePort } from "../../dev/stack/free-port.ts";
import type { BenchContext } from "../context.ts";
import { ourEnvironment } from "./our-environment.ts";
import { type StartedProcess, startProcess } from "./start-process.ts";

interface WorkerOptions {
  readonly variables?: Readonly<Record<string, string>>;
  /** Writes the times of its steps into its log. */
  readonly isTimed?: boolean;
  /** The least number of shards that it owns when it is ready: all of them unless another worker has some. */
  readonly shards?: number;
}

/** Starts one worker as in production. Resolves when it owns its shards. */
export async function startOurWorker(
  context: BenchContext,
  name: string,
  { variables = {}, isTimed = false, shards = context.shards }: WorkerOptions = {},
): Promise<StartedProcess & { url: string }> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  const worker = await startProcess(context, {
    name: `${name}-worker-${port}`,
    isOurs: true,
    script: isTimed ? import.meta.resolve("./timed-worker.ts") : import.meta.resolve("../../workers/main.ts"),
    env: { ...ourEnvironment(context, name), ...variables, WORKER_PORT: String(port) },
    isReady: async () => {
      // The readiness check also updates the gauge.
      if (!(await fetch(`${url}/readyz`)).ok) return false;
      return (await countOwnedShards(url)) >= shards;
    },
  });
  return { ...worker, url };
}

/** The number of shards that the worker with this address owned when it was last asked whether it is ready. */
export async function countOwnedShards(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^bridge_shards_owned\{.*\} (\d+)$/m.exec(metrics)?.[1]);
}
