import { describe, expect, test } from "vitest";
import { ConfigError } from "../src/shared/errors.ts";
import { readWorkerConfig } from "./worker-config.ts";

const required = { CLERK_SECRET_KEY: "sk_test_x" };

describe("the worker's configuration", () => {
  test("requires only Clerk's secret key", () => {
    expect(readWorkerConfig(required)).toMatchObject({
      port: 3008,
      shards: 3,
      redis: { address: { kind: "single", url: "redis://127.0.0.1:6379" } },
      kafka: { brokers: ["127.0.0.1:9092"] },
    });
  });

  test("treats an empty or blank variable as not set", () => {
    const blank = { WORKER_PORT: "", SHARDS: "  ", KAFKA_SASL_MECHANISM: "", REDIS_URL: "" };
    expect(readWorkerConfig({ ...required, ...blank })).toEqual(readWorkerConfig(required));
  });

  test("accepts several Kafka brokers", () => {
    expect(readWorkerConfig({ ...required, KAFKA_BROKERS: "a:1, b:2" }).kafka.brokers).toEqual(["a:1", "b:2"]);
  });

  test("accepts Kafka brokers by IPv6 address", () => {
    const brokers = ["[::1]:9092", "[2001:db8::7]:9093", "kafka-1.internal:9092"];
    expect(readWorkerConfig({ ...required, KAFKA_BROKERS: brokers.join() }).kafka.brokers).toEqual(brokers);
  });

  test.for(["SCRAM-SHA-512", "scram-sha-512", "Scram-Sha-512"])("accepts the SASL mechanism %s", (mechanism) => {
    const sasl = { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: "u", KAFKA_SASL_PASSWORD: "p" };
    expect(readWorkerConfig({ ...required, ...sasl }).kafka.sasl?.mechanism).toBe("scram-sha-512");
  });

  test.for(["sk_test_x\n", " sk_test_x ", '"sk_test_x"', "'sk_test_x'\n"])("reads the secret key from %j", (text) => {
    expect(readWorkerConfig({ CLERK_SECRET_KEY: text }).clerk.secretKey).toBe("sk_test_x");
  });

  test("takes no real key for a placeholder, whatever its first letters", () => {
    const key = `sk_live_your${"aB3".repeat(12)}`;
    expect(readWorkerConfig({ CLERK_SECRET_KEY: key }).clerk.secretKey).toBe(key);
  });

  test("ignores variables of other programs, even invalid ones", () => {
    const foreign = { PATH: "/bin", SHARD: "9", PORT: "tcp://10.96.0.12:3007", JWT_SECRET: "short" };
    expect(readWorkerConfig({ ...required, ...foreign })).toEqual(readWorkerConfig(required));
  });
});

describe("the error for an invalid worker configuration", () => {
  const telltale = "tell-tale-7f3a";
  const invalid: readonly (readonly [variable: string, variables: Record<string, string>])[] = [
    ["CLERK_SECRET_KEY", { CLERK_SECRET_KEY: "" }],
    ["SHARDS", { SHARDS: telltale }],
    ["SHARDS", { SHARDS: "0" }],
    ["SHARDS", { SHARDS: "1.5" }],
    ["CLERK_SECRET_KEY", { CLERK_SECRET_KEY: `pk_test_${telltale}` }],
    ["CLERK_SECRET_KEY", { CLERK_SECRET_KEY: telltale }],
    ["CLERK_SECRET_KEY", { CLERK_SECRET_KEY: "sk_test_..." }],
    ["CLERK_SECRET_KEY", { CLERK_SECRET_KEY: "sk_test_xxxxxxxxxx" }],
    ["CLERK_SECRET_KEY", { CLERK_SECRET_KEY: "sk_live_YourSecretKey" }],
    ["KAFKA_BROKERS", { KAFKA_BROKERS: "," }],
    ["KAFKA_BROKERS", { KAFKA_BROKERS: telltale }],
    ["KAFKA_BROKERS", { KAFKA_BROKERS: `a:9092,${telltale}` }],
    ["KAFKA_BROKERS", { KAFKA_BROKERS: `kafka://${telltale}:9092` }],
    ["KAFKA_BROKERS", { KAFKA_BROKERS: "::1:9092" }],
    ["KAFKA_BROKERS", { KAFKA_BROKERS: "a:0" }],
    ["KAFKA_BROKERS", { KAFKA_BROKERS: "a:65536" }],
    ["KAFKA_BROKERS", { KAFKA_BROKERS: "a:9092;b:9092" }],
    ["WORKER_PORT", { WORKER_PORT: "65536" }],
    ["WORKER_PORT", { WORKER_PORT: "tcp://10.96.0.12:3008" }],
    ["REDIS_URL", { REDIS_URL: `http://${telltale}@127.0.0.1` }],
    ["REDIS_URL", { REDIS_URL: `redis+cluster://:${telltale}@a:1,b:no` }],
    ["REDIS_URL", { REDIS_URL: `redis+sentinel://:${telltale}@a:1,b:2` }],
    ["REDIS_PREFIX", { REDIS_PREFIX: `{${telltale}}` }],
    ["CLERK_API_URL", { CLERK_API_URL: telltale }],
    ["KAFKA_SSL", { KAFKA_SSL: telltale }],
    ["KAFKA_SASL_MECHANISM", { KAFKA_SASL_MECHANISM: telltale }],
    ["KAFKA_SASL_MECHANISM", { KAFKA_SASL_MECHANISM: "plain", KAFKA_SASL_USERNAME: telltale }],
    ["LOG_LEVEL", { LOG_LEVEL: telltale }],
  ];

  test.for(invalid)("names the variable %s and never its value", ([variable, variables]) => {
    const error = errorOf(() => readWorkerConfig({ ...required, ...variables }));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(new RegExp(`^${variable}: .+`));
    expect(error.message).not.toContain(telltale);
  });

  test("says what Kubernetes does with a port that is an address, and how to turn it off", () => {
    const { message } = errorOf(() => readWorkerConfig({ ...required, WORKER_PORT: "tcp://10.96.0.12:3008" }));
    expect(message).toMatch(/Kubernetes .*enableServiceLinks: false/);
  });

  test("has one line for each invalid variable", () => {
    const { message } = errorOf(() => readWorkerConfig({ ...required, SHARDS: "no", LOG_LEVEL: "loud", HOST: "::" }));
    expect(
      message
        .split("\n")
        .map((line) => line.replace(/:.*/, ""))
        .toSorted(),
    ).toEqual(["LOG_LEVEL", "SHARDS"]);
  });

  test("names the new variable when a former name is set", () => {
    const { message } = errorOf(() => readWorkerConfig({ ...required, GHOST_CHECK_AFTER_MS: "1000" }));
    expect(message).toBe("GHOST_CHECK_AFTER_MS: renamed to STALE_USER_CHECK_AFTER_MS; set that instead");
  });
});

function errorOf(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("the configuration was accepted");
}
