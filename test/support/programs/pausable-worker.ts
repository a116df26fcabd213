// A worker for tests that kill or freeze it at an exact step of a batch. After SIGUSR2, the next batch logs `halted` at the
// step named by HALT_AT and waits there for SIGCONT.
import { readWorkerConfig } from "../../../workers/worker-config.ts";
import { createLogger } from "../../../src/shared/logger.ts";
import { runProgram } from "../../../src/shared/lifecycle.ts";
import { startWorker } from "../../../workers/start-worker.ts";

const haltAt = process.env["HALT_AT"];

await runProgram(async (onFatal) => {
  const config = readWorkerConfig();
  const log = createLogger("worker", config.logLevel);
  let armed = false;
  let haltsInThisBatch = false;
  process.on("SIGUSR2", () => {
    armed = true;
    log.info({ event: "armed" });
  });
  const atStep = async (step: string) => {
    // Never in the batch that was running when the signal came, because a test that saw its jobs complete has moved on.
    if (step === "taken") haltsInThisBatch = armed;
    if (!haltsInThisBatch || step !== haltAt) return;
    armed = false;
    haltsInThisBatch = false;
    log.info({ event: "halted", step });
    await new Promise((resolve) => process.once("SIGCONT", resolve));
  };
  const { lifecycle } = await startWorker(config, log, { atStep, onFatal });
  lifecycle.stopOnSignals(config.shutdownTimeoutMs);
});
