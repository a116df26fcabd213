import { createClerkClient } from "@clerk/backend";
import { expect, it } from "vitest";
import { refusalOf } from "./rejection-of.ts";
import { startEmulator } from "./start-emulator.ts";

it("every answer carries the bare content type that the SDK insists on", async () => {
  const { request } = await startEmulator();
  const answers = await Promise.all([
    request("GET", "/v1/users"),
    request("GET", "/v1/jwks"),
    request("POST", "/v1/users", {}),
    request("GET", "/nowhere"),
    request("GET", "/emulator"),
  ]);
  expect(answers.map(({ headers }) => headers.get("content-type"))).toEqual(answers.map(() => "application/json"));
});

it("a refusal has Clerk's shape, with a trace id of its own", async () => {
  const { request } = await startEmulator();
  const answer = await request("GET", "/v1/users/user_unknown");
  expect(answer.status).toBe(404);
  expect(await answer.json()).toEqual({
    errors: [
      { code: "resource_not_found", message: "not found", long_message: "No user was found with id user_unknown" },
    ],
    clerk_trace_id: expect.stringMatching(/^\w{32}$/),
  });
});

it("a wrong secret key is refused, and so is none", async () => {
  const { emulator } = await startEmulator();
  const stranger = createClerkClient({ secretKey: "sk_test_wrong", apiUrl: emulator.url });
  expect(await refusalOf(stranger.users.getUser("user_1"))).toEqual({ status: 401, errors: ["clerk_key_invalid"] });
  expect((await fetch(`${emulator.url}/v1/jwks`)).status).toBe(401);
});

it("a path that Clerk does not have and a body that is no JSON are refused", async () => {
  const { request } = await startEmulator();
  expect((await request("GET", "/v1/organisations")).status).toBe(404);
  const answer = await request("POST", "/v1/users", "{");
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ errors: [{ code: "request_body_invalid" }] });
});

it("beyond the rate limit it answers 429 and when to come back, until the window is over", async () => {
  let now = 1_800_000_000_000;
  const { emulator, clerk, request } = await startEmulator({
    rateLimit: { requests: 2, windowMs: 10_000 },
    now: () => now,
  });
  const user = emulator.dashboard.createUser({ username: "countess" });
  await clerk.users.getUser(user.id);
  await clerk.users.getUser(user.id);
  now += 2500;
  await expect(clerk.users.getUser(user.id)).rejects.toMatchObject({
    status: 429,
    retryAfter: 8,
    errors: [{ code: "too_many_requests" }],
  });
  expect((await request("GET", "/v1/jwks")).status).toBe(200);
  expect((await request("GET", `/emulator/users/${user.id}`)).status).toBe(200);
  now += 7500;
  await clerk.users.getUser(user.id);
});

it("starts with the keys, the port and the host that it is given", async () => {
  const { emulator: first } = await startEmulator({ secretKey: "sk_test_mine", host: "localhost" });
  expect(first).toMatchObject({ secretKey: "sk_test_mine", url: expect.stringMatching(/^http:\/\/localhost:\d+$/) });
  const port = Number(new URL(first.url).port);
  await expect(startEmulator({ port, host: "localhost" })).rejects.toMatchObject({ code: "EADDRINUSE" });
});

it("two emulators share nothing", async () => {
  const [left, right] = await Promise.all([startEmulator({ seed: 1 }), startEmulator({ seed: 2 })]);
  const user = await left.clerk.users.createUser({ username: "countess" });
  await right.clerk.users.createUser({ username: "countess" });
  expect((await refusalOf(right.clerk.users.getUser(user.id))).status).toBe(404);
});
