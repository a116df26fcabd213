import { findFreePort } from "../../dev/stack/free-port.ts";
import type { BenchContext } from "../context.ts";
import { ourEnvironment } from "./our-environment.ts";
import { type StartedProcess, startProcess } from "./start-process.ts";

/** Starts our receiver as in production. */
export async function startOurApi(
  context: BenchContext,
  name: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<StartedProcess & { port: number }> {
  const port = await findFreePort();
  const api = await startProcess(context, {
    name: `${name}-api`,
    isOurs: true,
    script: import.meta.resolve("../../src/api/main.ts"),
    env: { ...ourEnvironment(context, name), ...variables, PORT: String(port) },
    isReady: async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok,
  });
  return { ...api, port };
}
