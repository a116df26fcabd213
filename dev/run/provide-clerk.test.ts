import { expect, test } from "vitest";
import { assertNotMixed, provideClerk } from "./provide-clerk.ts";

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

test("the emulated Clerk is the same instance in every run, with users of its own, so that reconciliation works in a second run", async () => {
  const instances = [];
  for (let run = 0; run < 2; run += 1) {
    const clerk = await provideClerk({}, 1, () => {});
    const headers = { authorization: `Bearer ${clerk.env["CLERK_SECRET_KEY"]}` };
    const get = async (path: string) => (await fetch(`${clerk.env["CLERK_API_URL"]}/v1${path}`, { headers })).json();
    instances.push(await get("/instance"));
    await clerk.stop();
  }
  expect(instances).toMatchObject([
    { id: "ins_2DevelopmentInstanceOfBridge" },
    { id: "ins_2DevelopmentInstanceOfBridge" },
  ]);
});
