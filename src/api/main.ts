import { readApiConfig } from "../config.ts";
import { createLogger } from "../shared/logger.ts";
import { runProcess } from "../shared/run-program.ts";
import { startApi } from "./start-api.ts";

await runProcess(async () => {
  const config = readApiConfig();
  const { lifecycle } = await startApi(config, createLogger("api", config.logLevel));
  lifecycle.stopOnSignals(config.shutdownTimeoutMs);
});
