import { createLogger, openStandardOutput } from "../shared/logger.ts";
import { runProgram } from "../shared/lifecycle.ts";
import { startTracing } from "../shared/tracing.ts";
import { createVerifier } from "../webhooks/verify-message.ts";
import { readApiConfig } from "./api-config.ts";
import { readRoles } from "./auth/roles.ts";
import { startApi } from "./start-api.ts";

await runProgram(async () => {
  const config = readApiConfig();
  if (process.argv.includes("--check-config")) {
    createVerifier(config.webhooks.secrets);
    readRoles(config.auth.rolesFile);
    process.stdout.write(`The configuration is valid; ${config.webhooks.secrets.length} webhook secret(s)\n`);
    return;
  }
  const stopTracing = await startTracing(config.tracing);
  const { lifecycle } = await startApi(
    config,
    createLogger("api", config.logLevel, openStandardOutput(config.logFormat)),
  );
  lifecycle.onStop("tracing", stopTracing);
  lifecycle.stopOnSignals(config.shutdownTimeoutMs);
});
