import { createServer, type Server } from "node:net";
import { describe, expect, test, onTestFinished } from "vitest";
import { openProbeApi } from "../../support/api/open-probe-api.ts";
import { reserveRedis } from "../../support/private-servers.ts";
import { signServiceToken } from "../../support/api/tokens.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

async function open(variables: Readonly<Record<string, string>>) {
  const api = await openProbeApi({ variables: { TRUSTED_PROXIES: "1", ...variables } });
  onTestFinished(() => api[Symbol.asyncDispose]());
  return api;
}
type Api = Awaited<ReturnType<typeof open>>;

const from = (ip: string, token?: string) => ({ headers: { "x-forwarded-for": ip }, ...(token && { token }) });
const statuses = async (times: number, call: () => Promise<Response>) => {
  const seen: number[] = [];
  for (let time = 0; time < times; time += 1) seen.push((await call()).status);
  return seen;
};

describe("rate limits", () => {
  test("are counted per address and reported in the standard RateLimit headers", async () => {
    const api = await open({ RATE_LIMIT_PER_IP: "2" });
    const first = await api.call("GET /api/probe", from("192.0.2.1"));
    expect(first.status).toBe(401);
    expect(first.headers.get("ratelimit-policy")).toBe('"ip";q=2;w=60');
    expect(first.headers.get("ratelimit")).toBe('"ip";r=1;t=60');
    expect(await statuses(2, () => api.call("GET /api/probe", from("192.0.2.1")))).toEqual([401, 429]);

    const limited = await api.call("GET /api/probe", from("192.0.2.1"));
    expect(await limited.json()).toMatchObject({ error: "Too many requests", code: "rate_limited" });
    expect(limited.headers.get("ratelimit")).toMatch(/^"ip";r=0;t=\d+$/);
    expect(Number(limited.headers.get("retry-after"))).toBeGreaterThan(50);
    expect(api.counted).toEqual(["rate_limited", "rate_limited"]);
    expect((await api.call("GET /api/probe", from("192.0.2.2"))).status).toBe(401);
  });

  test("are counted per caller across addresses, and separately for callers behind one address", async () => {
    const api = await open({ RATE_LIMIT_PER_CALLER: "2" });
    const ada = await api.sessionToken("user_ada", "admin");
    const fresh = await api.sessionToken("user_ada", "admin");
    expect((await api.call("GET /api/probe", from("192.0.2.1", ada))).headers.get("ratelimit-policy")).toBe(
      '"ip";q=1200;w=60, "caller";q=2;w=60',
    );
    expect((await api.call("GET /api/probe", from("192.0.2.2", fresh))).status).toBe(200);
    expect((await api.call("GET /api/probe", from("192.0.2.3", ada))).status).toBe(429);
    expect((await api.call("GET /api/probe", from("192.0.2.1", await signServiceToken()))).status).toBe(200);
    const namesake = await signServiceToken({ sub: "user_ada" });
    expect((await api.call("GET /api/probe", from("192.0.2.1", namesake))).status).toBe(200);
  });

  test("are shared by all API processes", async () => {
    const variables = { RATE_LIMIT_PER_IP: "3" };
    const one = await open(variables);
    const two = await open({ ...variables, REDIS_PREFIX: one.redisPrefix });
    const callBoth = async () => [
      (await one.call("GET /api/probe", from("192.0.2.1"))).status,
      (await two.call("GET /api/probe", from("192.0.2.1"))).status,
    ];
    expect([...(await callBoth()), ...(await callBoth())]).toEqual([401, 401, 401, 429]);
  });

  test("treat all addresses of an IPv6 /64 as one client", async () => {
    const api = await open({ RATE_LIMIT_PER_IP: "2" });
    let host = 0;
    expect(await statuses(3, () => api.call("GET /api/probe", from(`2001:db8::${(host += 1)}`)))).toEqual([
      401, 401, 429,
    ]);
    expect((await api.call("GET /api/probe", from("2001:db8:0:1::1"))).status).toBe(401);
  });

  test("cannot be bypassed with a forged X-Forwarded-For", async () => {
    const api = await open({ RATE_LIMIT_PER_IP: "2" });
    let forged = 0;
    const call = () => api.call("GET /api/probe", from(`10.0.0.${(forged += 1)}, 192.0.2.1`));
    expect(await statuses(3, call)).toEqual([401, 401, 429]);

    const direct = await open({ RATE_LIMIT_PER_IP: "2", TRUSTED_PROXIES: "0" });
    expect(await statuses(3, () => direct.call("GET /api/probe", from(`10.0.0.${(forged += 1)}`)))).toEqual([
      401, 401, 429,
    ]);
  });

  test("are stricter for rejected tokens, without blocking valid tokens from the same address", async () => {
    const api = await open({ RATE_LIMIT_BAD_TOKENS: "2" });
    const guess = () => api.call("GET /api/probe", from("192.0.2.1", "rubbish"));
    expect(await statuses(4, guess)).toEqual([403, 403, 429, 429]);
    expect(api.counted).toEqual(["token_rejected", "token_rejected", "rate_limited", "rate_limited"]);
    const good = await api.sessionToken("user_1", "admin");
    expect((await api.call("GET /api/probe", from("192.0.2.1", good))).status).toBe(200);
    expect((await api.call("GET /api/probe", from("192.0.2.2", "rubbish"))).status).toBe(403);
  });
});

describe("rate limits without Redis", () => {
  const variables = { RATE_LIMIT_PER_IP: "3", RATE_LIMIT_BAD_TOKENS: "1" };
  const limited = [200, 403, 429, 429, 200];

  test("are counted in memory without delay when Redis is unreachable", async () => {
    const redis = await reserveRedis();
    onTestFinished(() => redis[Symbol.asyncDispose]());
    const api = await open({ ...variables, REDIS_URL: `redis://127.0.0.1:${redis.port}` });
    const { statuses: seen, slowestMs } = await measure(api);
    expect(seen).toEqual(limited);
    expect(slowestMs).toBeLessThan(3_000);
  });

  test("are counted in memory without delay when Redis accepts connections and never answers", async () => {
    const silent = await listen(createServer((socket) => socket.on("error", () => {})));
    const api = await open({ ...variables, REDIS_URL: `redis://127.0.0.1:${silent}` });
    const { statuses: seen, slowestMs } = await measure(api);
    expect(seen).toEqual(limited);
    expect(slowestMs).toBeLessThan(3_000);
  });

  test("are counted in memory after a short timeout while Redis is frozen, and in Redis afterwards", async () => {
    const redis = await reserveRedis();
    onTestFinished(() => redis[Symbol.asyncDispose]());
    const server = await redis.start();
    const api = await open({ ...variables, REDIS_URL: `redis://127.0.0.1:${redis.port}` });
    const call = () => api.call("GET /api/probe", from("192.0.2.9"));
    await waitFor("Redis is used", async () => (await call()).headers.get("ratelimit") === '"ip";r=0;t=60');

    process.kill(server.pid, "SIGSTOP");
    const { statuses: seen, slowestMs } = await measure(api);
    expect(seen).toEqual(limited);
    expect(slowestMs).toBeLessThan(3_000);
    process.kill(server.pid, "SIGCONT");
    await waitFor("Redis counts again", async () => (await call()).status === 429);
  });

  async function measure(api: Api): Promise<{ statuses: number[]; slowestMs: number }> {
    const token = await api.sessionToken("user_1", "admin");
    let slowestMs = 0;
    const timed = async (options: ReturnType<typeof from>) => {
      const startedAt = performance.now();
      const { status } = await api.call("GET /api/probe", options);
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
      return status;
    };
    const rubbish = from("192.0.2.1", "rubbish");
    const calls = [from("192.0.2.1", token), rubbish, rubbish, from("192.0.2.1", token), from("192.0.2.2", token)];
    const seen: number[] = [];
    for (const call of calls) seen.push(await timed(call));
    return { statuses: seen, slowestMs };
  }
});

async function listen(server: Server): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
