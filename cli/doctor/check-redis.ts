import type { Redis } from "ioredis";
import { z } from "zod";
import { checkRedis } from "../../src/redis/redis-client.ts";
import { readMemory, shareOf } from "../../src/redis/redis-memory.ts";
import { shardPrefixes } from "../../src/redis/keys.ts";
import { mastersOf, type RedisClient } from "../../src/redis/redis-client.ts";
import type { CliConfig } from "../context/cli-config.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

/** Checks that Redis answers; in a cluster, for the keys of every shard. */
export async function checkConnection(redis: RedisClient, config: CliConfig): Promise<Finding[]> {
  const answers = await checkRedis(redis, shardPrefixes(config.redis.prefix, config.shards));
  if (answers === true) return [ok("Redis", "answers")];
  return [fail("Redis", answers, "check every node; for a cluster: redis-cli --cluster check <host:port>")];
}

/** Checks that Redis has room for more messages. Reports nothing when Redis does not tell its memory. */
export async function checkMemory(redis: RedisClient, { maxMemoryShare }: CliConfig): Promise<Finding[]> {
  const memory = await readMemory(redis);
  if (memory === undefined) return [];
  if (memory.maxBytes === 0) return [ok("Redis memory", "no limit (maxmemory is 0)")];
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const detail = `${percent(shareOf(memory))} of maxmemory (${memory.maxBytes} bytes) in use`;
  if (shareOf(memory) < maxMemoryShare) return [ok("Redis memory", detail)];
  return [
    fail(
      "Redis memory",
      `${detail}: above ${percent(maxMemoryShare)} webhooks are refused`,
      "raise maxmemory, or find out why the workers do not drain the queues",
    ),
  ];
}

interface RequiredSetting {
  readonly name: string;
  readonly value: string;
  /** What happens with any other value. */
  readonly risk: string;
  readonly report: typeof warn;
}

const requiredSettings: readonly RequiredSetting[] = [
  { name: "appendonly", value: "yes", risk: "a restart loses queued messages", report: fail },
  { name: "appendfsync", value: "always", risk: "a crash loses the last second's messages", report: warn },
  { name: "maxmemory-policy", value: "noeviction", risk: "queued messages and ledgers are evicted", report: fail },
];

/**
 * Checks on every master that Redis keeps what it has acknowledged. Managed services hide these settings; the finding then
 * is a warning.
 */
export async function checkRedisSettings(redis: RedisClient): Promise<Finding[]> {
  const findings = await Promise.all(
    mastersOf(redis).map(async (master) => {
      const place = "nodes" in redis ? ` at ${master.options.host}:${master.options.port}` : "";
      const durability = requiredSettings.map((setting) => checkSetting(master, place, setting));
      return Promise.all([...durability, checkReplicas(master, place)]);
    }),
  );
  return findings.flat(2);
}

async function checkSetting(
  master: Redis,
  place: string,
  { name, value, risk, report }: RequiredSetting,
): Promise<Finding[]> {
  const subject = `Redis ${name}${place}`;
  const found = await readSetting(master, name);
  if (found === value) return [ok(subject, found)];
  if (found === undefined) return [warn(subject, "cannot be read", `make sure it is \`${value}\`: otherwise ${risk}`)];
  return [report(subject, `is ${found}: ${risk}`, setRemedy(name, value))];
}

/** Checks that a master with replicas waits for one. A master without replicas loses nothing to a failover. */
async function checkReplicas(master: Redis, place: string): Promise<Finding[]> {
  const name = "min-replicas-to-write";
  const info = await master.info("replication").catch(() => "");
  const [found, replicas] = [await readSetting(master, name), Number(/^connected_slaves:(\d+)/m.exec(info)?.[1])];
  if (found === undefined || !(replicas > 0)) return [];
  const subject = `Redis ${name}${place}`;
  if (Number(found) > 0) return [ok(subject, found)];
  const risk = "a master that is cut off from its replicas accepts messages that the failover then loses";
  return [warn(subject, `is 0: ${risk}`, setRemedy(name, "1"))];
}

const setRemedy = (name: string, value: string) => `CONFIG SET ${name} ${value}, and the same in redis.conf`;

async function readSetting(master: Redis, name: string): Promise<string | undefined> {
  const reply = await master.config("GET", name).catch(() => undefined);
  const found: unknown = Array.isArray(reply) ? reply[1] : undefined;
  return typeof found === "string" ? found : undefined;
}

const timeSchema = z.tuple([z.coerce.number(), z.coerce.number()]);
const toleratedSkewMs = 2_000;

/**
 * Checks that this machine's clock agrees with that of Redis; in a cluster, with the master that differs most. Webhooks
 * more than five minutes off are rejected.
 */
export async function checkClocks(redis: RedisClient, now: () => number): Promise<Finding[]> {
  const skews = await Promise.all(
    mastersOf(redis).map(async (master) => {
      const before = now();
      const [seconds, micros] = timeSchema.parse(await master.time());
      return Math.round(seconds * 1_000 + micros / 1_000 - (before + now()) / 2);
    }),
  );
  const skewMs = skews.reduce((worst, skew) => (Math.abs(skew) > Math.abs(worst) ? skew : worst), 0);
  const detail = `differs from that of Redis by ${skewMs} ms`;
  if (Math.abs(skewMs) < toleratedSkewMs) return [ok("Clock", detail)];
  return [warn("Clock", detail, "synchronise the clocks (NTP): webhooks more than 5 minutes off are rejected")];
}
