import { describe, expect, test } from "vitest";
import { ConfigError } from "../src/shared/errors.ts";
import { readWorkerConfig } from "./worker-config.ts";

const required = { CLERK_SECRET_KEY: "sk_test_x" };

describe("the worker's configuration", () => {
  test("requires only Clerk's secret key", () => {
    expect(readWorkerConfig(required)).toMatchObject({
      port: 3008,
      shards: 6,
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
    ["WORKER_PORT", { WORKER_PORT: "65536" }],
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
