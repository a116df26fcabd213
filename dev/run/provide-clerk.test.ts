import { expect, test } from "vitest";
import { assertNotMixed } from "./provide-clerk.ts";

test.for([{ REDIS_URL: "redis://prod" }, { KAFKA_BROKERS: "prod:9092" }, { REDIS_URL: "r", KAFKA_BROKERS: "k" }])(
  "an emulated Clerk is not mixed with given servers (%j) unless the developer asks for it",
  (env) => {
    expect(() => assertNotMixed(env, false)).toThrow(/CLERK_SECRET_KEY is not/);
    expect(() => assertNotMixed(env, true)).not.toThrow();
    expect(() => assertNotMixed({ ...env, CLERK_SECRET_KEY: "sk_test_1" }, false)).not.toThrow();
  },
);

test("an emulated Clerk with servers of its own is not refused", () => {
  expect(() => assertNotMixed({ REDIS_URL: "" }, false)).not.toThrow();
});
