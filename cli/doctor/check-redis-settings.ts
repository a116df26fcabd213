import type { Redis } from "ioredis";
import { mastersOf, type RedisClient } from "../../src/redis/redis-client.ts";
import { bad, type Finding, good, warn } from "./finding.ts";

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

/**
 * Whether Redis keeps what it has acknowledged: every master of a cluster. Managed services hide these settings; then it
 * says so.
 */
export async function checkRedisSettings(redis: RedisClient): Promise<Finding[]> {
  const masters = mastersOf(redis);
  const findings = await Promise.all(
    masters.map(async (master) => {
      const at = "nodes" in redis ? ` at ${master.options.host}:${master.options.port}` : "";
      return Promise.all([checkDurability(master, at), checkReplicas(master, at)]);
    }),
  );
  return findings.flat(2);
}

async function checkDurability(master: Redis, at: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { setting, value, otherwise, worst } of wanted) {
    const about = `Redis ${setting}${at}`;
    const found = await readSetting(master, setting);
    const mend = `CONFIG SET ${setting} ${value}, and the same in redis.conf`;
    if (found === undefined) {
      findings.push(warn(about, "cannot be read here", `make sure it is \`${value}\`: otherwise ${otherwise}`));
    } else if (found === value) findings.push(good(about, found));
    else findings.push((worst === "bad" ? bad : warn)(about, `is ${found}: ${otherwise}`, mend));
  }
  return findings;
}

/** A master that nobody replicates loses nothing to a failover. */
async function checkReplicas(master: Redis, at: string): Promise<Finding[]> {
  const setting = "min-replicas-to-write";
  const info = await master.info("replication").catch(() => "");
  const [found, replicas] = [await readSetting(master, setting), Number(/^connected_slaves:(\d+)/m.exec(info)?.[1])];
  if (found === undefined || !(replicas > 0)) return [];
  const about = `Redis ${setting}${at}`;
  if (Number(found) > 0) return [good(about, found)];
  const otherwise = "a master that is cut off from its replicas accepts messages that the failover then loses";
  return [warn(about, `is 0: ${otherwise}`, `CONFIG SET ${setting} 1, and the same in redis.conf`)];
}

async function readSetting(master: Redis, setting: string): Promise<string | undefined> {
  const reply = await master.config("GET", setting).catch(() => undefined);
  const found: unknown = Array.isArray(reply) ? reply[1] : undefined;
  return typeof found === "string" ? found : undefined;
}
