import { describe, expect, test } from "vitest";
import { readApiConfig } from "./api-config.ts";

const required = { CLERK_SECRET_KEY: "sk_test_x", CLERK_WEBHOOK_SECRET: "whsec_eA==" };

describe("the API's configuration", () => {
  test("needs nothing but Clerk's two secrets", () => {
    const redis = { address: { kind: "single", url: "redis://127.0.0.1:6379" } };
    expect(readApiConfig(required)).toMatchObject({ port: 3007, shards: 3, redis });
  });

  test("accepts several signing secrets, in their order, under either name", () => {
    const several = { ...required, CLERK_WEBHOOK_SECRET: " whsec_a , whsec_b," };
    expect(readApiConfig(several).webhooks.secrets).toEqual(["whsec_a", "whsec_b"]);
    const clerksName = { ...required, CLERK_WEBHOOK_SECRET: "", CLERK_WEBHOOK_SIGNING_SECRET: "whsec_c" };
    expect(readApiConfig(clerksName).webhooks.secrets).toEqual(["whsec_c"]);
  });

  test("ignores variables that it does not read, even when the worker could not use them", () => {
    const foreign = { WORKER_PORT: "tcp://10.96.0.12:3008", KAFKA_SSL: "maybe", RECONCILE_SWEEP_CRON: "daily" };
    expect(readApiConfig({ ...required, ...foreign })).toEqual(readApiConfig(required));
  });

  test("is refused with a delay that leaves no time to stop", () => {
    const refused = () => readApiConfig({ ...required, SHUTDOWN_DELAY_MS: "10000", SHUTDOWN_TIMEOUT_MS: "10000" });
    expect(refused).toThrow("SHUTDOWN_DELAY_MS: must be less than SHUTDOWN_TIMEOUT_MS");
  });

  test("is refused without a signing secret", () => {
    expect(() => readApiConfig({ ...required, CLERK_WEBHOOK_SECRET: " , " })).toThrow(/^CLERK_WEBHOOK_SECRET: not set/);
  });
});
