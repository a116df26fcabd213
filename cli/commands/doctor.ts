import { styleText } from "node:util";
import type { Command } from "commander";
import { shardPrefixes } from "../../src/redis/keys.ts";
import { checkAnswers } from "../doctor/check-answers.ts";
import { checkApiConfig } from "../doctor/check-api-config.ts";
import { checkClerk } from "../doctor/check-clerk.ts";
import { checkClocks } from "../doctor/check-clocks.ts";
import { checkKafka } from "../doctor/check-kafka.ts";
import { checkRedisSettings } from "../doctor/check-redis-settings.ts";
import { checkShards } from "../doctor/check-shards.ts";
import { runCheck, type Finding } from "../doctor/finding.ts";
import { exitCodes, print, runCommand } from "../context/run-command.ts";

const marks = { good: styleText("green", "✓"), warn: styleText("yellow", "!"), bad: styleText("red", "✗") };

/** `bridge doctor`: what is wrong, and how to mend it. Exit code 2 when something is bad. */
export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .description("check configuration, Redis, Kafka and Clerk, and say how to mend what is wrong")
    .action(() =>
      runCommand(async ({ config, redis, eventLog }) => {
        const { brokers } = config.kafka;
        const findings = [
          ...(await checkAnswers(redis, shardPrefixes(config.redis.prefix, config.shards))),
          ...(await checkApiConfig(process.env)),
          ...(await runCheck("Redis settings", "see redis.conf", () => checkRedisSettings(redis))),
          ...(await runCheck("Clock", "synchronise the clock (NTP)", () => checkClocks(redis, Date.now))),
          ...(await runCheck("Kafka", `are the brokers up, and KAFKA_BROKERS (${brokers.join()}) right?`, () =>
            checkKafka(eventLog, config),
          )),
          ...(await checkShards({ redis, redisPrefix: config.redis.prefix, shards: config.shards })),
          ...(await runCheck("Clerk", "is CLERK_API_URL right?", () => checkClerk(config, Date.now))),
        ];
        for (const finding of findings) print(lineOf(finding));
        return findings.some(({ verdict }) => verdict === "bad") ? exitCodes.differs : exitCodes.ok;
      }),
    );
}

function lineOf(finding: Finding): string {
  const line = `${marks[finding.verdict]} ${finding.about}: ${finding.detail}`;
  return finding.verdict === "good" ? line : `${line}\n    → ${finding.mend}`;
}
