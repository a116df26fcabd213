import { describe, expect, test } from "vitest";
import { ConfigError, readApiConfig, readWorkerConfig } from "./config.ts";

const enough = { CLERK_SECRET_KEY: "sk_test_x", CLERK_WEBHOOK_SECRET: "whsec_eA==" };

describe("The configuration", () => {
  test("needs nothing but Clerk's secrets", () => {
    const redis = { address: { kind: "single", url: "redis://127.0.0.1:6379" } };
    expect(readApiConfig(enough)).toMatchObject({ port: 3007, shards: 6, redis });
    expect(readWorkerConfig(enough)).toMatchObject({ port: 3008, shards: 6, kafka: { brokers: ["127.0.0.1:9092"] } });
  });

  test("takes an empty variable, and one of blanks, as not set", () => {
    const config = readWorkerConfig({
      ...enough,
      WORKER_PORT: "",
      SHARDS: "  ",
      KAFKA_SASL_MECHANISM: "",
      REDIS_URL: "",
    });
    expect(config).toEqual(readWorkerConfig(enough));
  });

  test("takes several signing secrets, in their order, by either name", () => {
    expect(readApiConfig({ ...enough, CLERK_WEBHOOK_SECRET: " whsec_a , whsec_b," }).webhookSecrets).toEqual([
      "whsec_a",
      "whsec_b",
    ]);
    expect(
      readApiConfig({ ...enough, CLERK_WEBHOOK_SECRET: "", CLERK_WEBHOOK_SIGNING_SECRET: "whsec_c" }).webhookSecrets,
    ).toEqual(["whsec_c"]);
  });

  test("takes several brokers", () => {
    expect(readWorkerConfig({ ...enough, KAFKA_BROKERS: "a:1, b:2" }).kafka.brokers).toEqual(["a:1", "b:2"]);
  });

  test("ignores variables that are not its own", () => {
    expect(readWorkerConfig({ ...enough, PATH: "/bin", SHARD: "9" })).toEqual(readWorkerConfig(enough));
  });
});

describe("A configuration that cannot be used", () => {
  const telltale = "tell-tale-7f3a";
  const refused: readonly (readonly [variable: string, variables: Record<string, string>])[] = [
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

  test.for(refused)("names %s, and never a value", ([variable, variables]) => {
    const error = errorOf(() => readWorkerConfig({ ...enough, ...variables }));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(new RegExp(`^${variable}: .+`));
    expect(error.message).not.toContain(telltale);
  });

  test("names all variables that are wrong, a line each", () => {
    const { message } = errorOf(() => readWorkerConfig({ ...enough, SHARDS: "no", LOG_LEVEL: "loud", HOST: "::" }));
    expect(message.split("\n").map((line) => line.replace(/:.*/, ""))).toEqual(["LOG_LEVEL", "SHARDS"]);
  });

  test("is one without a signing secret, for the API", () => {
    const { message } = errorOf(() => readApiConfig({ ...enough, CLERK_WEBHOOK_SECRET: " , " }));
    expect(message).toMatch(/^CLERK_WEBHOOK_SECRET: not set/);
  });
});

function errorOf(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("it was accepted");
}
