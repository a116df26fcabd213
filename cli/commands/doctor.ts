import { styleText } from "node:util";
import type { Command } from "commander";
import { exitCodes, print, runCommand } from "../context/cli-context.ts";
import { checkClerk, checkInstance } from "../doctor/check-clerk.ts";
import { checkKafka, checkShards } from "../doctor/check-kafka.ts";
import { checkClocks, checkConnection, checkMemory, checkRedisSettings } from "../doctor/check-redis.ts";
import { type Finding, fail, ok, runCheck } from "../doctor/finding.ts";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { EnvironmentVariables } from "../../src/shared/environment.ts";
import { messageOf } from "../../src/shared/errors.ts";

const marks = { ok: styleText("green", "✓"), warn: styleText("yellow", "!"), fail: styleText("red", "✗") };

/** `bridge doctor`: what is wrong with an installation, and the remedy. The exit code is 2 when a check fails. */
export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .description("check the configuration, Redis, Kafka and Clerk, and print a remedy for each problem")
    .action(() =>
      runCommand(async ({ config, redis, eventLog, openClerk }) => {
        const { brokers } = config.kafka;
        const findings = [
          ...(await checkConnection(redis, config)),
          ...(await checkApiConfig(process.env)),
          ...(await runCheck("Redis settings", "see redis.conf", () => checkRedisSettings(redis))),
          ...(await runCheck("Redis memory", "see redis.conf", () => checkMemory(redis, config))),
          ...(await runCheck("Clock", "synchronise the clock (NTP)", () => checkClocks(redis, Date.now))),
          ...(await runCheck("Kafka", `check that the brokers run and KAFKA_BROKERS (${brokers.join()}) is right`, () =>
            checkKafka(eventLog, config),
          )),
          ...(await checkShards(redis, config)),
          ...(await runCheck("Clerk", "check CLERK_SECRET_KEY and CLERK_API_URL", async () => {
            const ofKey = await checkClerk(config, Date.now);
            return ofKey[0]?.verdict === "ok" ? [...ofKey, ...(await checkInstance(openClerk().instance))] : ofKey;
          })),
        ];
        for (const finding of findings) print(formatFinding(finding));
        return findings.some(({ verdict }) => verdict === "fail") ? exitCodes.problems : exitCodes.ok;
      }),
    );
}

function formatFinding(finding: Finding): string {
  const line = `${marks[finding.verdict]} ${finding.subject}: ${finding.detail}`;
  return finding.verdict === "ok" ? line : `${line}\n    → ${finding.remedy}`;
}

const apiProgram = fileURLToPath(new URL("../../src/api/main.ts", import.meta.url));

/**
 * Checks that the API would start with this environment. Runs the API's own check in a process, because the programs do
 * not import each other.
 */
async function checkApiConfig(variables: EnvironmentVariables): Promise<Finding[]> {
  const subject = "API configuration";
  const { promise, resolve } = Promise.withResolvers<Finding[]>();
  execFile(process.execPath, [apiProgram, "--check-config"], { env: { ...variables } }, (error, stdout, stderr) => {
    if (error === null) resolve([ok(subject, stdout.trim())]);
    else resolve([fail(subject, stderr.replace(/^Cannot run:\n/, "").trim() || messageOf(error), "see .env.example")]);
  });
  return promise;
}
