import { describe, expect, test } from "vitest";
import { z } from "zod";
import { startEmulator } from "./start-emulator.ts";
import { startEndpoint } from "./start-endpoint.ts";

describe("the dashboard", () => {
  test("changes what the Backend API returns, without a request", async () => {
    const { emulator, clerk } = await startEmulator();
    const { dashboard } = emulator;
    const { id } = dashboard.createUser({ email_address: ["ada@example.com"], first_name: "Ada" });
    dashboard.updateUser(id, { last_name: "Lovelace" });
    dashboard.updateMetadata(id, { public_metadata: { role: "admin" } });
    dashboard.replaceEmailAddress(id, { email_address: "countess@example.com" });
    const user = await clerk.users.getUser(id);
    expect(user).toMatchObject({ fullName: "Ada Lovelace", publicMetadata: { role: "admin" } });
    expect(user.primaryEmailAddress?.emailAddress).toBe("countess@example.com");
    expect(dashboard.users()).toEqual([user.raw]);
  });

  test("throws where the Backend API would reject a request", async () => {
    const { emulator } = await startEmulator();
    expect(() => emulator.dashboard.createUser({ email_address: ["invalid"] })).toThrow("form_param_format_invalid");
    expect(() => emulator.dashboard.signIn("user_unknown")).toThrow("No user was found with id user_unknown");
  });
});

describe("the /emulator routes", () => {
  test("let another process use the dashboard's operations without a key", async () => {
    const { emulator } = await startEmulator();
    const send = async (method: string, path: string, body?: unknown): Promise<unknown> => {
      const response = await fetch(`${emulator.url}/emulator${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      expect.soft(response.status, `${method} ${path}`).toBe(200);
      return response.json();
    };
    const withId = z.looseObject({ id: z.string() });
    const { id } = withId.parse(await send("POST", "/users", { username: "countess" }));
    await send("PATCH", `/users/${id}`, { first_name: "Ada" });
    await send("PATCH", `/users/${id}/metadata`, { public_metadata: { role: "admin" } });
    const sessions = [1, 2].map(() => send("POST", `/users/${id}/sign_in`));
    const [first, second] = z.tuple([withId, withId]).parse(await Promise.all(sessions));
    expect(await send("POST", `/sessions/${first.id}/end`)).toMatchObject({ status: "ended" });
    expect(await send("POST", `/sessions/${second.id}/remove`)).toMatchObject({ status: "removed" });
    await send("POST", `/users/${id}/external_accounts`, {
      provider: "oauth_google",
      provider_user_id: "g-1",
      email_address: "ada@example.com",
    });
    expect(await send("GET", "/users")).toMatchObject([
      { first_name: "Ada", public_metadata: { role: "admin" }, external_accounts: [{ provider: "oauth_google" }] },
    ]);
    await send("DELETE", `/users/${id}`);
    expect(await send("GET", "/users")).toEqual([]);
    expect(await send("POST", "/session_tokens", { userId: "user_1" })).toEqual({ jwt: expect.any(String) });
    const { secretKey, webhookSecret, jwtKey } = emulator;
    expect(await send("GET", "")).toMatchObject({ secretKey, webhookSecret, jwtKey });
  });

  test("let another process inspect the delivery of webhooks and inject faults", async () => {
    const { emulator } = await startEmulator();
    const endpoint = await startEndpoint(emulator.webhookSecret);
    const url = `${emulator.url}/emulator/webhooks`;
    const control = async (body: unknown): Promise<unknown> =>
      (await fetch(url, { method: "PATCH", body: JSON.stringify(body) })).json();
    expect(await control({ endpoint: { url: endpoint.url }, faults: { lossProbability: 1 } })).toEqual({
      endpoint: { url: endpoint.url, secret: emulator.webhookSecret },
      faults: { duplicateProbability: 0, lossProbability: 1, delayMs: { min: 0, max: 0 } },
      timestampUnit: "milliseconds",
      paused: false,
      pending: 0,
    });
    emulator.dashboard.createUser({ username: "lost-one" });
    expect(await control({ faults: { lossProbability: 0 }, paused: true })).toMatchObject({ paused: true });
    emulator.dashboard.createUser({ username: "held-one" });
    expect(await (await fetch(url)).json()).toMatchObject({ pending: 1 });
    await control({ paused: false });
    await emulator.webhooks.settled();

    const lost = await fetch(`${url}/messages?state=lost`);
    const [message] = z.tuple([z.looseObject({ id: z.string() })]).parse(await lost.json());
    await fetch(`${url}/messages/${message.id}/replay`, { method: "POST" });
    await emulator.webhooks.settled();
    expect(endpoint.deliveries.map(({ envelope }) => envelope.data["username"])).toEqual(["held-one", "lost-one"]);
    expect((await fetch(`${url}/messages/msg_unknown/replay`, { method: "POST" })).status).toBe(404);
    const sent = await fetch(`${url}/messages`, { method: "POST", body: JSON.stringify({ body: "no JSON" }) });
    expect(await sent.json()).toMatchObject({ body: "no JSON", state: "pending" });
    expect(await control({ faults: { lossProbability: 2 } })).toMatchObject({ errors: [{}] });
    expect(await control({ endpoint: null })).toMatchObject({ endpoint: null });
  });
});
