import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { callApi } from "../../support/api/call-api.ts";
import {
  type ClerkMessage,
  newUserId,
  secretOfMetadata,
  clerkUserJson,
  makeUser,
  writeMessage,
} from "../../support/clerk/clerk-messages.ts";
import { dumpRedis } from "../../support/redis/dump-redis.ts";
import { openApi } from "../../support/api/open-api.ts";
import { reserveRedis } from "../../support/private-servers.ts";
import { send, sendAll } from "../../support/clerk/send-webhook.ts";
import { signServiceToken } from "../../support/api/tokens.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const resources = new AsyncDisposableStack();
let api: Awaited<ReturnType<typeof openApi>>;

beforeAll(async () => {
  api = resources.use(await openApi());
});
beforeEach(async () => {
  const keys = await findKeys();
  if (keys.length > 0) await api.redis.unlink(...keys);
});
afterAll(() => resources.disposeAsync());

const findKeys = () => api.redis.keys(`{${api.redisPrefix}:analytics}:*`);
const openAnotherApi = (variables: Record<string, string>) =>
  openApi({ variables: { REDIS_PREFIX: api.redisPrefix, ...variables } });
const countAccepted = (outcome: string) => api.readMetric("bridge_webhooks_accepted_total", { outcome });

const get = (path: string, query: Record<string, string> = {}, url = api.url, token = api.admin) =>
  callApi(url, `GET /api/analytics/${path}?${String(new URLSearchParams(query))}`, { token });

const seriesSchema = z.object({
  points: z.array(z.object({ start: z.string(), counts: z.record(z.string(), z.number()) })),
  totals: z.record(z.string(), z.number()),
});
async function readSeries(path: string, query: Record<string, string> = {}) {
  const { status, body } = await get(path, query);
  expect(status).toBe(200);
  return seriesSchema.parse(body);
}
/** The points with at least one count above zero. */
const nonZeroPoints = ({ points }: z.infer<typeof seriesSchema>) =>
  points.filter(({ counts }) => Object.values(counts).some((count) => count > 0));

const activeSchema = z.object({ points: z.array(z.object({ start: z.string(), activeUsers: z.number() })) });
async function readActive(interval: string, query: Record<string, string> = {}) {
  const { status, body } = await get("active-users", { interval, ...query });
  expect(status).toBe(200);
  return activeSchema.parse(body).points;
}

const sessionMessage = (
  type: "created" | "ended" | "removed" | "revoked",
  at: number,
  { userId = newUserId(), unit = 1, lastActiveAt = at } = {},
): ClerkMessage =>
  writeMessage(
    `session.${type}`,
    {
      object: "session",
      id: `sess_${randomUUID()}`,
      user_id: userId,
      last_active_at: lastActiveAt,
      user: clerkUserJson(makeUser({ id: userId }), at),
    },
    Math.floor(at / unit),
  );
const startOfHour = (at: number) => new Date(at - (at % hourMs)).toISOString();
const startOfDay = (at: number) => new Date(at - (at % dayMs)).toISOString();

test("sign-ins, sign-outs and revocations in Clerk are counted as they happen", async () => {
  const { dashboard, webhooks, webhookSecret } = api.emulator;
  await using connected = await openAnotherApi({ CLERK_WEBHOOK_SECRET: webhookSecret });
  webhooks.connect({ url: `${connected.url}/webhooks/clerk`, secret: webhookSecret });
  const { id } = dashboard.createUser({ email_address: ["ada@example.com"] });
  const sessions = [1, 2, 3, 4].map(() => dashboard.signIn(id).id);
  dashboard.endSession(sessions[0] ?? "");
  dashboard.removeSession(sessions[1] ?? "");
  dashboard.revokeSession(sessions[2] ?? "");
  await webhooks.settled();
  for (const interval of ["hour", "day"]) {
    const { totals } = await readSeries("sessions", { interval });
    expect(totals).toEqual({ signIns: 4, signOuts: 2, revocations: 1 });
  }
  expect((await readActive("day")).at(-1)?.activeUsers).toBe(1);
});

test("a session message counts once, in the hour when it happened, however often or late it arrives", async () => {
  const late = Date.now() - 27 * hourMs;
  const messages = [
    sessionMessage("created", late),
    sessionMessage("ended", late),
    // In seconds, as in Clerk's own examples.
    sessionMessage("created", late, { unit: 1_000 }),
  ];
  const [counted, repeated] = [await countAccepted("counted"), await countAccepted("repeated")];
  for (const message of messages)
    await sendAll(
      api.url,
      Array.from({ length: 20 }, () => message),
    );
  const [start, from] = [startOfHour(late), new Date(late).toISOString()];
  const counts = { signIns: 2, signOuts: 1, revocations: 0 };
  expect(nonZeroPoints(await readSeries("sessions", { interval: "hour", from }))).toEqual([{ start, counts }]);
  expect(nonZeroPoints(await readSeries("sessions"))).toEqual([{ start: startOfDay(late), counts }]);
  expect(await countAccepted("counted")).toBe(counted + 3);
  expect(await countAccepted("repeated")).toBe(repeated + 57);
});

test("a session message older than the retention is accepted and not counted", async () => {
  expect((await send(api.url, sessionMessage("created", Date.now() - 92 * dayMs))).status).toBe(204);
  expect(await findKeys()).toEqual([]);
});

test("a user counts as active once per day, week and month, by sign-ins and by the last use of sessions", async () => {
  const now = Date.now();
  const monday = now - ((new Date(now).getUTCDay() + 6) % 7) * dayMs;
  const lastTuesday = monday - 6 * dayMs;
  const [ada, eve, bob] = [newUserId(), newUserId(), newUserId()];
  await sendAll(api.url, [
    sessionMessage("created", lastTuesday, { userId: ada }),
    sessionMessage("created", lastTuesday, { userId: ada }),
    sessionMessage("created", lastTuesday + dayMs, { userId: ada }),
    sessionMessage("created", lastTuesday + dayMs, { userId: eve }),
    sessionMessage("revoked", now, { userId: bob, lastActiveAt: lastTuesday }),
  ]);
  const days = await readActive("day", { from: startOfDay(lastTuesday), to: startOfDay(lastTuesday + 3 * dayMs) });
  expect(days.map(({ activeUsers }) => activeUsers)).toEqual([2, 2, 0]);
  const weeks = await readActive("week", { from: startOfDay(lastTuesday), to: startOfDay(lastTuesday + dayMs) });
  expect(weeks).toEqual([{ start: startOfDay(lastTuesday - dayMs), activeUsers: 3 }]);
  const months = await readActive("month", { from: startOfDay(lastTuesday - 31 * dayMs) });
  expect(Math.max(...months.map(({ activeUsers }) => activeUsers))).toBe(3);
});

test("rejected tokens, denied calls and rate-limited callers are counted as security events", async () => {
  await using strict = await openAnotherApi({ RATE_LIMIT_PER_CALLER: "3" });
  const user = await signServiceToken({ sub: "busy", role: "user" });
  const denied = () => callApi(strict.url, "GET /api/audit", { token: user });
  expect((await callApi(strict.url, "GET /api/audit", { token: "nonsense" })).status).toBe(403);
  for (const status of [403, 403, 403, 429]) expect((await denied()).status).toBe(status);
  const { totals } = await readSeries("security-events", { interval: "hour" });
  expect(totals).toEqual({ tokensRejected: 1, passwordsRejected: 0, adminCallsDenied: 3, callersLimited: 1 });
});

test("analytics keys contain no personal data, and all of them expire", async () => {
  const now = Date.now();
  await sendAll(api.url, [sessionMessage("created", now), sessionMessage("ended", now - 89 * dayMs)]);
  await callApi(api.url, "GET /api/audit", { token: "nonsense" });
  const keys = await findKeys();
  expect(keys).toHaveLength(8);
  for (const key of keys) {
    const endsAt = now + (await api.redis.pttl(key));
    expect(endsAt).toBeGreaterThan(now);
    expect(endsAt).toBeLessThan(now + (key.includes(":seen:") ? 49 * hourMs : (90 + 2 + 31) * dayMs));
  }
  const dumped = await dumpRedis(api.redis, `${api.redisPrefix}:analytics`);
  for (const secret of [secretOfMetadata, "Lovelace", "@example.com", "203.0.113.7"])
    expect(dumped).not.toContain(secret);
});

const noRegistrations = { byWebhook: 0, byApi: 0, byBackfill: 0, byReconciliation: 0, registrations: 0 };

test("a series has one point per UTC interval, including empty ones", async () => {
  const to = Date.now();
  const from = to - 2 * dayMs;
  const { points } = await readSeries("registrations", {
    interval: "hour",
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString().replace("Z", "+00:00"),
  });
  expect(points[0]).toEqual({ start: startOfHour(from), counts: noRegistrations });
  expect(points.at(-1)?.start).toBe(startOfHour(to));
  const starts = points.map(({ start }) => Date.parse(start));
  expect(starts.slice(1).map((start, index) => start - (starts[index] ?? 0))).toEqual(
    Array.from({ length: starts.length - 1 }, () => hourMs),
  );
});

const series = ["sessions", "registrations", "logins", "security-events", "active-users"];

test.each(series)("GET /api/analytics/%s requires analytics:read", async (path) => {
  expect(await callApi(api.url, `GET /api/analytics/${path}`)).toMatchObject({ status: 401 });
  const user = await signServiceToken({ role: "user" });
  expect(await get(path, {}, api.url, user)).toMatchObject({ status: 403, body: { error: "Admin access required" } });
  expect((await get(path)).status).toBe(200);
});

describe.each(series)("GET /api/analytics/%s", (path) => {
  test.each([
    ["interval", { interval: "minute" }],
    ["from", { from: "yesterday" }],
    ["from", { from: "2020-01-01T00:00:00Z" }],
    ["to", { from: "9999-01-01T00:00:00Z" }],
    ["to", { to: "0001-01-01T00:00:00Z" }],
  ] as const)("rejects an invalid %s: %j", async (name, query) => {
    const { status, body } = await get(path, query);
    expect(status).toBe(400);
    expect(body["details"]).toEqual([{ path: name, message: expect.any(String) }]);
  });
});

test("while Redis is down, session messages and analytics requests get 503, and a repeated message counts once afterwards", async () => {
  await using server = await reserveRedis();
  const running = await server.start();
  await using isolatedApi = await openAnotherApi({ REDIS_URL: running.url });
  const message = sessionMessage("created", Date.now());
  await running.kill();
  expect((await send(isolatedApi.url, message)).status).toBe(503);
  expect(await get("sessions", {}, isolatedApi.url)).toMatchObject({
    status: 503,
    body: { code: "analytics_unavailable" },
  });
  expect((await get("active-users", {}, isolatedApi.url)).status).toBe(503);
  await server.start();
  await waitFor("the message is accepted", async () => (await send(isolatedApi.url, message)).status === 204);
  await send(isolatedApi.url, message);
  const { body } = await get("sessions", {}, isolatedApi.url);
  expect(seriesSchema.parse(body).totals["signIns"]).toBe(1);
});
