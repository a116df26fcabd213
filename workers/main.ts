import { readWorkerConfig } from "../src/config.ts";
import { createLogger } from "../src/logger.ts";
import { runProcess } from "../src/run-process.ts";
import { startWorker } from "./start-worker.ts";

await runProcess(async (fail) => {
  const config = readWorkerConfig();
  const { lifecycle } = await startWorker(config, createLogger("worker", config.logLevel), { onFatal: fail });
  lifecycle.stopOnSignals(config.shutdownTimeoutMs);
});
