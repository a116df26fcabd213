import { readWorkerConfig } from "./worker-config.ts";
import { createLogger, openStandardOutput } from "../src/shared/logger.ts";
import { runProgram } from "../src/shared/lifecycle.ts";
import { startTracing } from "../src/shared/tracing.ts";
import { startWorker } from "./start-worker.ts";

await runProgram(async (fail) => {
  const config = readWorkerConfig();
  const stopTracing = await startTracing(config.tracing);
  const { lifecycle } = await startWorker(
    config,
    createLogger("worker", config.logLevel, openStandardOutput(config.logFormat)),
    { onFatal: fail },
  );
  lifecycle.onStop("tracing", stopTracing);
  lifecycle.stopOnSignals(config.shutdownTimeoutMs);
});
