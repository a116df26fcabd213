// A worker to kill or to freeze at an exact step of a batch. SIGUSR2 arms it; then the next batch it takes stops at the step
// named HALT_AT and logs `halted`, until SIGCONT lets it go on.
import { readWorkerConfig } from "../../../workers/worker-config.ts";
import { createLogger } from "../../../src/shared/logger.ts";
import { runProgram } from "../../../src/shared/run-program.ts";
import { startWorker } from "../../../workers/start-worker.ts";

const haltAt = process.env["HALT_AT"];

await runProgram(async (onFatal) => {
  const config = readWorkerConfig();
  const log = createLogger("worker", config.logLevel);
  let armed = false;
  let isBatchMeant = false;
  process.on("SIGUSR2", () => {
    armed = true;
    log.info({ event: "armed" });
  });
  const atStep = async (step: string) => {
    // Not the batch that was in hand when the signal came: whoever saw its jobs complete believes it is over.
    if (step === "taken") isBatchMeant = armed;
    if (!isBatchMeant || step !== haltAt) return;
    armed = false;
    isBatchMeant = false;
    log.info({ event: "halted", step });
    await new Promise((resolve) => process.once("SIGCONT", resolve));
  };
  const { lifecycle } = await startWorker(config, log, { atStep, onFatal });
  lifecycle.stopOnSignals(config.shutdownTimeoutMs);
});
