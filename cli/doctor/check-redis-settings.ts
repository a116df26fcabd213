import { bad, type Finding, good, warn } from "./finding.ts";
import type { RedisClient } from "../../src/redis/redis-client.ts";

interface Wanted {
  readonly setting: string;
  readonly value: string;
  /** What happens otherwise. */
  readonly otherwise: string;
  readonly worst: "warn" | "bad";
}

const wanted: readonly Wanted[] = [
  { setting: "appendonly", value: "yes", otherwise: "a restart loses queued messages", worst: "bad" },
  { setting: "appendfsync", value: "always", otherwise: "a crash loses the last second's messages", worst: "warn" },
  { setting: "maxmemory-policy", value: "noeviction", otherwise: "queued messages are evicted", worst: "bad" },
];

/** Whether Redis keeps what it has acknowledged. Managed services hide these settings; then it says so. */
export async function checkRedisSettings(redis: RedisClient): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { setting, value, otherwise, worst } of wanted) {
    const about = `Redis ${setting}`;
    const reply = await redis.config("GET", setting).catch(() => undefined);
    const found: unknown = Array.isArray(reply) ? reply[1] : undefined;
    const mend = `CONFIG SET ${setting} ${value}, and the same in redis.conf`;
    if (typeof found !== "string") {
      findings.push(warn(about, "cannot be read here", `make sure it is \`${value}\`: otherwise ${otherwise}`));
    } else if (found === value) findings.push(good(about, found));
    else findings.push((worst === "bad" ? bad : warn)(about, `is ${found}: ${otherwise}`, mend));
  }
  return findings;
}
