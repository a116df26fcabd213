import { createClerkClient } from "@clerk/backend";
import { expect, test } from "vitest";
import { rejectionOf } from "./rejection-of.ts";
import { startEmulator } from "./start-emulator.ts";

test("every response has the content type without a charset that the SDK requires", async () => {
  const { request } = await startEmulator();
  const responses = await Promise.all([
    request("GET", "/v1/users"),
    request("GET", "/v1/jwks"),
    request("POST", "/v1/users", {}),
    request("GET", "/nowhere"),
    request("GET", "/emulator"),
  ]);
  expect(responses.map(({ headers }) => headers.get("content-type"))).toEqual(responses.map(() => "application/json"));
});

test("an error response has Clerk's format and a trace id", async () => {
  const { request } = await startEmulator();
  const response = await request("GET", "/v1/users/user_unknown");
  expect(response.status).toBe(404);
  expect(await response.json()).toEqual({
    errors: [
      { code: "resource_not_found", message: "not found", long_message: "No user was found with id user_unknown" },
    ],
    clerk_trace_id: expect.stringMatching(/^\w{32}$/),
  });
});

test("a wrong or missing secret key is rejected", async () => {
  const { emulator } = await startEmulator();
  const unauthorized = createClerkClient({ secretKey: "sk_test_wrong", apiUrl: emulator.url });
  expect(await rejectionOf(unauthorized.users.getUser("user_1"))).toEqual({
    status: 401,
    errors: ["clerk_key_invalid"],
  });
  expect((await fetch(`${emulator.url}/v1/jwks`)).status).toBe(401);
});

test("an unknown path and a body that is not JSON are rejected", async () => {
  const { request } = await startEmulator();
  expect((await request("GET", "/v1/organisations")).status).toBe(404);
  const response = await request("POST", "/v1/users", "{");
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ errors: [{ code: "request_body_invalid" }] });
});

test("requests above the rate limit get 429 with Retry-After until the window ends", async () => {
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

test("an emulator starts with the given secret key, host and port", async () => {
  const { emulator: first } = await startEmulator({ secretKey: "sk_test_mine", host: "localhost" });
  expect(first).toMatchObject({ secretKey: "sk_test_mine", url: expect.stringMatching(/^http:\/\/localhost:\d+$/) });
  const port = Number(new URL(first.url).port);
  await expect(startEmulator({ port, host: "localhost" })).rejects.toMatchObject({ code: "EADDRINUSE" });
});

test("two emulators share no state", async () => {
  const [left, right] = await Promise.all([startEmulator({ seed: 1 }), startEmulator({ seed: 2 })]);
  const user = await left.clerk.users.createUser({ username: "countess" });
  await right.clerk.users.createUser({ username: "countess" });
  expect((await rejectionOf(right.clerk.users.getUser(user.id))).status).toBe(404);
});

test("an image upload that cannot be parsed, or has no file, is rejected with Clerk's 400", async () => {
  const { emulator, clerk } = await startEmulator();
  const { id } = await clerk.users.createUser({ username: "countess" });
  const upload = (contentType: string, body: string) =>
    fetch(`${emulator.url}/v1/users/${id}/profile_image`, {
      method: "POST",
      headers: { authorization: `Bearer ${emulator.secretKey}`, "content-type": contentType },
      body,
    });
  for (const [contentType, body, code] of [
    ["multipart/form-data", "no boundary", "request_body_invalid"],
    ["multipart/form-data; boundary=x", "--x\r\nbroken", "request_body_invalid"],
    ["application/json", "{", "form_param_missing"],
  ] as const) {
    const response = await upload(contentType, body);
    expect([response.status, await response.json()]).toMatchObject([400, { errors: [{ code }] }]);
  }
});

test("a user has no field that Clerk's schema does not have", async () => {
  const { clerk, request } = await startEmulator();
  const { id } = await clerk.users.createUser({ username: "countess" });
  expect(await (await request("GET", `/v1/users/${id}`)).json()).not.toHaveProperty("timezone");
  expect((await request("PATCH", `/v1/users/${id}`, { timezone: "UTC" })).status).toBe(422);
});
