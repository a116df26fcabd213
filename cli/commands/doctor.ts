import { styleText } from "node:util";
import type { Command } from "commander";
import { addJsonOption, type JsonOption } from "../context/arguments.ts";
import { runCommand } from "../context/cli-context.ts";
import { type ExitCode, exitCodes } from "../context/exit-codes.ts";
import { checkClerk, checkClerkClock, checkInstance } from "../doctor/check-clerk.ts";
import { checkKafka, checkShards } from "../doctor/check-kafka.ts";
import { checkProcesses } from "../doctor/check-processes.ts";
import { checkClocks, checkConnection, checkMemory, checkRedisSettings } from "../doctor/check-redis.ts";
import { type Finding, fail, ok, runCheck } from "../doctor/finding.ts";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type EnvironmentVariables, readEnvironment } from "../../src/shared/environment.ts";
import { CLI_ENVIRONMENT } from "../context/cli-config.ts";
import { messageOf } from "../../src/shared/errors.ts";

const marks = { ok: styleText("green", "✓"), warn: styleText("yellow", "!"), fail: styleText("red", "✗") };

/** `bridge doctor`: what is wrong with an installation, and the remedy. The exit code is 2 when a check fails, and 3 when only servers are unavailable. */
export function addDoctorCommand(program: Command): void {
  addJsonOption(program.command("doctor"))
    .description("check the configuration, Redis, Kafka and Clerk, and print a remedy for each problem")
    .action((options: JsonOption) =>
      runCommand(options, async (context) => {
        const { config, redis, openClerk, print, result } = context;
        const findings = [
          ...(await checkConnection(redis, config)),
          ...(await runCheck("Configuration", "see docs/configuration.md", async () => {
            readEnvironment(CLI_ENVIRONMENT, process.env);
            return [ok("Configuration", "is valid")];
          })),
          ...(await checkApiConfig(process.env)),
          ...(await runCheck("Redis settings", "see redis.conf", () => checkRedisSettings(redis))),
          ...(await runCheck("Redis memory", "see redis.conf", () => checkMemory(redis, config))),
          ...(await runCheck("Clock", "synchronise the clock (NTP)", () => checkClocks(redis, Date.now))),
          ...(await runCheck("Kafka", `check that the brokers run and KAFKA_BROKERS is right`, () =>
            checkKafka(context.eventLog, config),
          )),
          ...(await checkShards(redis, config)),
          ...(await runCheck("Programs", "see Redis", () => checkProcesses(redis, config, Date.now()))),
          ...(await runCheck("Clerk", "check CLERK_SECRET_KEY and CLERK_API_URL", async () => {
            const { clerk, instance } = openClerk();
            const ofKey = await checkClerk(clerk);
            if (ofKey[0]?.verdict !== "ok") return ofKey;
            return [...ofKey, ...(await checkClerkClock(config, Date.now)), ...(await checkInstance(instance))];
          })),
        ];
        for (const finding of findings) print(formatFinding(finding));
        result({ ok: findings.every(({ verdict }) => verdict !== "fail"), findings });
        return exitCodeOfFindings(findings);
      }),
    );
}

function exitCodeOfFindings(findings: readonly Finding[]): ExitCode {
  const failed = findings.flatMap((finding) => (finding.verdict === "fail" ? [finding] : []));
  if (failed.length === 0) return exitCodes.ok;
  return failed.every(({ outage }) => outage) ? exitCodes.unavailable : exitCodes.problems;
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
