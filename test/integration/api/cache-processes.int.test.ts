import { afterAll, beforeAll, expect, test } from "vitest";
import { type ClerkEmulator, startClerkEmulator } from "clerk-emulator";
import { openBridge } from "../../support/bridge/bridge.ts";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { callApi } from "../../support/api/call-api.ts";
import { type FaultyClerk, startFaultyClerk } from "../../support/clerk/faulty-clerk.ts";
import { serviceSecret, signServiceToken } from "../../support/api/tokens.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const resources = new AsyncDisposableStack();
let emulator: ClerkEmulator;
let clerk: FaultyClerk;
let a: BridgeProcess;
let b: BridgeProcess;
let token: string;

beforeAll(async () => {
  emulator = resources.adopt(await startClerkEmulator(), (it) => it.stop());
  clerk = resources.use(await startFaultyClerk(emulator.url));
  const bridge = resources.use(await openBridge());
  const variables = {
    CLERK_SECRET_KEY: emulator.secretKey,
    CLERK_API_URL: clerk.url,
    JWT_SECRET: serviceSecret,
    // A read that waits longer for Redis loads without the cache, and on a busy machine the default is short.
    REDIS_OPTIONAL_TIMEOUT_MS: "10000",
    RATE_LIMIT_PER_IP: "10000",
    RATE_LIMIT_PER_CALLER: "10000",
  };
  [a, b] = await Promise.all([bridge.startApi(variables), bridge.startApi(variables)]);
  await Promise.all([a.waitUntilReady(), b.waitUntilReady()]);
  token = await signServiceToken();
});
afterAll(() => resources.disposeAsync());

const call = (api: BridgeProcess, line: string, body?: unknown) =>
  callApi(api.url, line, { token, ...(body !== undefined && { body: JSON.stringify(body) }) });
const createUser = (firstName: string) =>
  emulator.dashboard.createUser({ email_address: [`${firstName}@example.com`], first_name: firstName });

/** Holds the next request to Clerk whose path starts with `path`; later ones pass. */
function holdNext(path: string): { readonly held: Promise<void>; readonly release: () => void } {
  const [held, released] = [Promise.withResolvers<void>(), Promise.withResolvers<undefined>()];
  let isFirst = true;
  clerk.failWhen(async (request) => {
    if (!request.path.startsWith(path) || !isFirst) return undefined;
    isFirst = false;
    held.resolve();
    return released.promise;
  });
  return { held: held.promise, release: () => released.resolve(undefined) };
}

const stampedes: readonly (readonly [what: string, entry: string, makePath: () => string, requests: number])[] = [
  ["one user", "user", () => `/api/users/${createUser("stampede").id}`, 1],
  ["one page of the list", "page", () => "/api/users?search=stampede", 2],
];

test.each(stampedes)(
  "concurrent reads of %s in two processes make one Clerk call",
  async (_, entry, makePath, requests) => {
    const path = makePath();
    const reads = async (): Promise<number> =>
      (await a.metric("bridge_cache_reads_total", { entry })) + (await b.metric("bridge_cache_reads_total", { entry }));
    const readBefore = await reads();
    const { release } = holdNext("/users");
    const { value: answers, requests: made } = await clerk.during(async () => {
      const calls = Array.from({ length: 100 }, (__, index) => call(index % 2 === 0 ? a : b, `GET ${path}`));
      await waitFor("all reads have asked the cache", async () => (await reads()) === readBefore + 100);
      release();
      return Promise.all(calls);
    });
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(made.length).toBeLessThanOrEqual(requests);
  },
);

test.each([
  ["user", (id: string) => `/api/users/${id}`],
  ["page", () => "/api/users?search=changed"],
] as const)(
  "a change by one process is visible at once in another process that was loading the %s",
  async (_, pathOf) => {
    const { id } = createUser("changed");
    const path = pathOf(id);
    const nameIn = async (api: BridgeProcess) => JSON.stringify((await call(api, `GET ${path}`)).body);
    const { held, release } = holdNext(path.includes("?") ? "/users?" : `/users/${id}`);
    const loading = nameIn(a);
    await held;
    expect((await call(b, `PUT /api/users/${id}`, { lastName: "Seen" })).status).toBe(200);
    expect(await nameIn(a)).toContain("Seen");
    release();
    await loading;
    expect(await nameIn(a)).toContain("Seen");
    expect(await nameIn(b)).toContain("Seen");
    emulator.dashboard.deleteUser(id);
  },
);
