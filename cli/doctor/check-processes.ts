import { listProcesses } from "../../src/inspection/process-reports.ts";
import type { RedisClient } from "../../src/redis/redis-client.ts";
import type { CliConfig } from "../context/cli-config.ts";
import { formatDuration } from "../../src/shared/format-duration.ts";
import { type Finding, ok, warn } from "./finding.ts";

/** A healthy instance with users has some message within this time. */
const quietAfterMs = 24 * 3_600_000;

/** Checks which programs run, and when they last accepted a webhook. Throws what Redis throws. */
export async function checkProcesses(
  redis: RedisClient,
  { redis: { prefix } }: CliConfig,
  now: number,
): Promise<Finding[]> {
  const processes = await listProcesses(redis, prefix, now);
  const [apis, workers] = [processes.filter(isApi), processes.filter((process) => !isApi(process))];
  const findings = [
    apis.length > 0 ? ok("API", `${apis.length} running`) : warn("API", "none runs", "start it: npm start"),
    workers.length > 0
      ? ok("Worker", `${workers.length} running`)
      : warn("Worker", "none runs", "start it: npm run worker"),
  ];
  if (apis.length === 0) return findings;
  const last = Math.max(...apis.map(({ webhooks }) => webhooks.lastAcceptedAt ?? 0));
  const since = Math.min(...apis.map(({ startedAt }) => startedAt));
  if (last > 0) return [...findings, ok("Webhooks", `the last one was accepted ${formatDuration(now - last)} ago`)];
  const detail = `none accepted since the API started ${formatDuration(now - since)} ago`;
  if (now - since < quietAfterMs) return [...findings, ok("Webhooks", detail)];
  const remedy = "check in Clerk's dashboard that the endpoint is enabled and reaches this API, and send an example";
  return [...findings, warn("Webhooks", detail, remedy)];
}

const isApi = ({ program }: { readonly program: string }) => program === "api";
