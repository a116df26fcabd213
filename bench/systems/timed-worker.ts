// Our worker as in production, which also writes when each step of a batch begins, as a line `step <name> <ms since the epoch>`.
import { createLogger } from "../../src/shared/logger.ts";
import { runProgram } from "../../src/shared/lifecycle.ts";
import { readWorkerConfig } from "../../workers/worker-config.ts";
import { startWorker } from "../../workers/start-worker.ts";

await runProgram(async (onFatal) => {
  const config = readWorkerConfig();
  const atStep = async (step: string) => {
    process.stdout.write(`step ${step} ${performance.timeOrigin + performance.now()}\n`);
  };
  const { lifecycle } = await startWorker(config, createLogger("worker", config.logLevel), { atStep, onFatal });
  lifecycle.stopOnSignals(config.shutdownTimeoutMs);
});
