// A worker to kill or to freeze at an exact step of a batch. SIGUSR2 arms it; then it stops at the next step named HALT_AT
// and logs `halted`, until SIGCONT lets it go on.
import { readWorkerConfig } from "../../src/config.ts";
import { createLogger } from "../../src/logger.ts";
import { runProcess } from "../../src/run-process.ts";
import { startWorker } from "../../workers/start-worker.ts";

const haltAt = process.env["HALT_AT"];

await runProcess(async (onFatal) => {
  const config = readWorkerConfig();
  const log = createLogger("worker", config.logLevel);
  let armed = false;
  process.on("SIGUSR2", () => {
    armed = true;
    log.info({ event: "armed" });
  });
  const atStep = async (step: string) => {
    if (!armed || step !== haltAt) return;
    armed = false;
    log.info({ event: "halted", step });
    await new Promise((resolve) => process.once("SIGCONT", resolve));
  };
  const { lifecycle } = await startWorker(config, log, { atStep, onFatal });
  lifecycle.stopOnSignals(config.shutdownTimeoutMs);
});
