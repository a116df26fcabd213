import type { User } from "@clerk-kafka-bridge/events";
import { expect } from "vitest";
import { z } from "zod";
import { waitFor } from "../../../dev/stack/wait-for.ts";
import type { Bridge } from "../bridge/bridge.ts";
import type { BridgeProcess } from "../bridge/bridge-process.ts";
import { writeMessage } from "../clerk/clerk-messages.ts";
import { sendAll } from "../clerk/send-webhook.ts";
import { dumpRedis } from "../redis/dump-redis.ts";
import { callApi } from "./call-api.ts";
import { signServiceToken } from "./tokens.ts";

/**
 * Uses every part of a new API that stores data in Redis and checks that each works: the cache, rate limits, idempotency keys, the
 * audit trail, the analytics and the queue. Returns the published state of the user that it creates.
 */
export async function useUserApi(bridge: Bridge, api: BridgeProcess, worker: BridgeProcess): Promise<User> {
  const token = await signServiceToken();
  const call = async (line: string, body?: unknown, headers: Record<string, string> = {}) => {
    const options = { token, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const { status, body: answer } = await callApi(api.url, line, options);
    expect({ line, status, answer }).toEqual({
      line,
      status: expect.toBeOneOf([200, 201, 207]),
      answer: expect.anything(),
    });
    return answer;
  };
  const create = {
    firstName: "Ada",
    lastName: "Lovelace",
    username: "ada_l",
    emailAddress: ["ada@example.com"],
    password: "nanoseconds-of-wire",
  };
  const once = { "idempotency-key": "3f1c0a52-the-same-request" };
  const created = await call("POST /api/users", create, once);
  expect(await call("POST /api/users", create, once)).toEqual(created);
  const { id } = z.object({ id: z.string() }).parse(created);
  // The worker invalidates the new user in the cache once.
  await bridge.waitUntilIdle();
  for (const line of [`GET /api/users/${id}`, "GET /api/users"]) await call(line);
  for (const line of [`GET /api/users/${id}`, "GET /api/users"]) await call(line);
  await call(`PUT /api/users/${id}/role`, { role: "admin" });
  await call("POST /api/users/batch", { operations: [{ type: "update", userId: id, user: { firstName: "Augusta" } }] });
  const session = { object: "session", id: "sess_1", user_id: id, last_active_at: Date.now() };
  await sendAll(api.url, [writeMessage("session.created", session)]);
  expect((await callApi(api.url, "GET /api/users", { token: "nonsense" })).status).toBe(403);
  const ada = await waitFor("every change of the user is published", async () => {
    const user = (await bridge.readLedger()).get(id);
    return user?.firstName === "Augusta" && user;
  });

  expect(await api.metric("bridge_cache_reads_total", { outcome: "hit" })).toBe(2);
  expect(await api.metric("bridge_cache_reads_total", { outcome: "bypassed" })).toBe(0);
  expect(await call("GET /api/analytics/sessions")).toMatchObject({ totals: { signIns: 1 } });
  expect(await call("GET /api/analytics/registrations")).not.toMatchObject({ totals: { registrations: 0 } });
  expect(await call("GET /api/analytics/security-events")).toMatchObject({ totals: { tokensRejected: 1 } });
  expect(await call("GET /api/analytics/active-users?interval=week")).toHaveProperty("points");
  expect(await call("GET /api/audit")).not.toMatchObject({ entries: [] });
  await worker.waitUntilLogged("audit.relayed");
  const keys = await dumpRedis(bridge.redis, bridge.redisPrefix);
  for (const part of [":limit:ip:", ":limit:caller:", ":clerk:", ":idempotency:", ":audit}:", ":analytics}:hour"]) {
    expect(keys).toContain(`${bridge.redisPrefix}${part}`);
  }
  return ada;
}
