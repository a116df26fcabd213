import { findFreePort } from "../../dev/stack/free-port.ts";
import type { BenchContext } from "../context.ts";
import { ourEnvironment } from "./our-environment.ts";
import { startProcess } from "./start-process.ts";

/** Starts one worker as in production. Resolves when it owns every shard. */
export async function startOurWorker(context: BenchContext, name: string): Promise<AsyncDisposable> {
  const port = await findFreePort();
  const url = `http://127.0.0.1:${port}`;
  return startProcess(context, {
    name: `${name}-worker`,
    script: import.meta.resolve("../../workers/main.ts"),
    env: { ...ourEnvironment(context, name), WORKER_PORT: String(port) },
    isReady: async () => {
      // The readiness check also updates the gauge.
      if (!(await fetch(`${url}/readyz`)).ok) return false;
      const metrics = await (await fetch(`${url}/metrics`)).text();
      return Number(/^bridge_shards_owned\{.*\} (\d+)$/m.exec(metrics)?.[1]) === context.shards;
    },
  });
}
