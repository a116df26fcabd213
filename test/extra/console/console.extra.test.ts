import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findFreePort } from "../../../dev/stack/free-port.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";
import { createDeadLetters, type DeadLetters } from "../../../src/queue/dead-letters.ts";
import { callApi } from "../../support/api/call-api.ts";
import { serviceSecret, signServiceToken } from "../../support/api/tokens.ts";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { openBridge } from "../../support/bridge/bridge.ts";
import { clerkUserJson, makeUser, userMessage, writeMessage } from "../../support/clerk/clerk-messages.ts";
import { type ClerkWithoutWebhooks, openClerkWithoutWebhooks } from "../../support/clerk/clerk-without-webhooks.ts";
import { sendAll, webhookSecret } from "../../support/clerk/send-webhook.ts";
import { findBarriers, openBrowser, openViewer, readOverflow, signIn } from "../../support/console/open-browser.ts";
import { reserveRedis } from "../../support/private-servers.ts";

const variables = { CONSOLE: "true", JWT_SECRET: serviceSecret, CLERK_WEBHOOK_SECRET: webhookSecret };
const resources = new AsyncDisposableStack();
let clerk: ClerkWithoutWebhooks;
let api: BridgeProcess;
let deadLetters: DeadLetters;
beforeAll(async () => {
  clerk = resources.use(await openClerkWithoutWebhooks({ variables }));
  const { bridge } = clerk;
  deadLetters = createDeadLetters(bridge.redis, bridge.redisPrefix, 3_600_000);
  [api] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
});
afterAll(() => resources.disposeAsync());

const audited = async (action: string) => {
  const { body } = await callApi(api.url, `GET /api/audit?action=${action}`, { token: await signServiceToken() });
  return JSON.stringify(body);
};

/** A page of the console, signed in as an operator with all permissions. */
async function openConsole(path = "/console", options: Parameters<typeof openViewer>[1] = {}) {
  const browser = await openBrowser();
  const viewer = await openViewer(browser, options);
  await signIn(viewer.page, api.url, await signServiceToken());
  await viewer.page.waitForURL(`${api.url}/console`);
  await viewer.page.goto(`${api.url}${path}`);
  return viewer;
}

describe("signing in", () => {
  test("turns a posted token into a cookie that scripts and other sites cannot use, and writes it into the audit trail", async () => {
    const { page, troubles } = await openViewer(await openBrowser());
    const urls: string[] = [];
    page.on("request", (request) => void urls.push(request.url()));
    const token = await signServiceToken({ sub: "operator-1" });
    await page.goto(`${api.url}/console`);
    expect(page.url()).toBe(`${api.url}/console/sign-in`);
    await signIn(page, api.url, token);
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    expect(await page.context().cookies()).toMatchObject([
      { name: "console_session", httpOnly: true, sameSite: "Strict", path: "/console" },
    ]);
    expect(urls.filter((url) => url.includes(token))).toEqual([]);
    expect(await page.content()).not.toContain(token);
    expect(await audited("console.signed_in")).toContain("operator-1");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.goto(`${api.url}/console/shards`);
    expect(page.url()).toBe(`${api.url}/console/sign-in`);
    expect(troubles).toEqual([]);
  });

  test("refuses a wrong token and a role without console:read, and says why", async () => {
    const { page } = await openViewer(await openBrowser());
    await signIn(page, api.url, "wrong");
    expect(await page.getByRole("alert").textContent()).toContain("This token is not valid");
    await signIn(page, api.url, await signServiceToken({ role: "user" }));
    expect(await page.getByRole("alert").textContent()).toContain("The role user does not have console:read");
    expect(await page.context().cookies()).toEqual([]);
    expect(await audited("console.sign_in_denied")).toContain("permission_missing");
  });

  test("is refused when the form comes from another site, and every page forbids foreign and inline scripts", async () => {
    const body = new URLSearchParams({ bearer: await signServiceToken() });
    const foreign = await fetch(`${api.url}/console/sign-in`, {
      method: "POST",
      body,
      headers: { origin: "https://evil.example" },
      redirect: "manual",
    });
    expect([foreign.status, foreign.headers.get("set-cookie")]).toEqual([403, null]);
    const page = await fetch(`${api.url}/console/sign-in`);
    const policy = page.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).not.toContain("unsafe");
    expect(page.headers.get("cache-control")).toBe("no-store");
  });
});

test("behind a proxy the cookie is for TLS only, the browser's word counts for the origin, and each request needs an allowed address", async () => {
  await using bridge = await openBridge({
    variables: { ...variables, TRUSTED_PROXIES: "1", ADMIN_IP_ALLOW_LIST: "192.0.2.1" },
  });
  const behind = await bridge.startApi();
  const signInFrom = async (address: string, headers: Record<string, string>) =>
    fetch(`${behind.url}/console/sign-in`, {
      method: "POST",
      body: new URLSearchParams({ bearer: await signServiceToken() }),
      headers: { "x-forwarded-for": address, origin: "https://bridge.example.com", ...headers },
      redirect: "manual",
    });
  expect((await signInFrom("192.0.2.1", { "sec-fetch-site": "cross-site" })).status).toBe(403);
  expect((await signInFrom("192.0.2.2", { "sec-fetch-site": "same-origin" })).status).toBe(403);
  const signedIn = await signInFrom("192.0.2.1", { "sec-fetch-site": "same-origin" });
  expect(signedIn.status).toBe(303);
  const cookie = signedIn.headers.get("set-cookie") ?? "";
  expect(cookie).toMatch(/; HttpOnly; Secure; SameSite=Strict/);
  const look = async (address: string) =>
    (
      await fetch(`${behind.url}/console`, {
        headers: { "x-forwarded-for": address, cookie: cookie.split(";")[0] ?? "" },
      })
    ).status;
  expect([await look("192.0.2.1"), await look("192.0.2.2")]).toEqual([200, 403]);
});

test("an API without CONSOLE serves no console", async () => {
  await using bridge = await openBridge({ variables: { JWT_SECRET: serviceSecret } });
  const other = await bridge.startApi();
  expect((await fetch(`${other.url}/console`)).status).toBe(404);
});

describe("the overview", () => {
  test("is live, says when its stream is lost, and is right again when the API is back, without another sign-in", async () => {
    const port = await findFreePort();
    const second = await clerk.bridge.startApi({ PORT: String(port) });
    const { page, troubles } = await openViewer(await openBrowser());
    await signIn(page, second.url, await signServiceToken());
    await page.getByText("Live", { exact: true }).waitFor();
    expect(await page.locator(".chart canvas").count()).toBe(3);
    await page.getByText(/^Clerk is available: \d+ of 1000 requests in these ten seconds$/).waitFor();
    const users = page.locator(".tiles div", { hasText: "Users" }).locator("dd");
    const before = Number(await users.textContent());
    await sendAll(api.url, [userMessage("user.created", makeUser(), 1).message]);
    await waitFor("the new user is counted", async () => Number(await users.textContent()) === before + 1, {
      deadlineMs: 15_000,
    });
    expect(troubles).toEqual([]);

    await second.kill();
    await page.getByText("The connection is lost", { exact: false }).waitFor();
    await sendAll(api.url, [userMessage("user.created", makeUser(), 2).message]);
    await clerk.bridge.startApi({ PORT: String(port) });
    await waitFor("the user in between is counted", async () => Number(await users.textContent()) === before + 2, {
      deadlineMs: 30_000,
    });
    await page.getByText("Live", { exact: true }).waitFor();
  });

  test("shows the owner, offset and backlog of each shard", async () => {
    const { page } = await openConsole("/console/shards");
    const rows = page.locator("tbody tr");
    expect(await rows.count()).toBe(clerk.bridge.shards);
    await waitFor("every shard has an owner", async () => {
      await page.reload();
      return (await page.getByText("none").count()) === 0;
    });
    expect(await rows.first().textContent()).toMatch(/\/\d+/);
  });
});

describe("a user", () => {
  test("is found by address without it in any URL, hides personal data until asked, and the asking is audited", async () => {
    const { id } = clerk.emulator.dashboard.createUser({ first_name: "Ada", email_address: ["ada@example.com"] });
    await clerk.reconcile();
    await clerk.bridge.waitUntilIdle();
    clerk.emulator.dashboard.updateUser(id, { first_name: "Grace" });
    const { page, troubles } = await openConsole("/console/user");
    const urls: string[] = [];
    page.on("request", (request) => void urls.push(decodeURIComponent(request.url())));
    await page.getByLabel("User id or email address").fill("ada@example.com");
    await page.getByRole("button", { name: "Find" }).click();
    await page.getByText("the ledger differs from Clerk in firstName").waitFor();
    expect(urls.filter((url) => url.includes("ada@"))).toEqual([]);
    expect(await page.content()).not.toMatch(/Grace|ada@/);

    await page.getByRole("button", { name: "Show personal data" }).click();
    await page.getByText("Grace").first().waitFor();
    expect(await audited("console.personal_data_shown")).toContain(id);

    await page.getByRole("button", { name: "Compare with Clerk" }).click();
    await page.getByText("Queued Clerk's snapshot").waitFor();
    await clerk.bridge.waitUntilIdle();
    await page.goto(`${api.url}/console/users/${id}`);
    expect(await page.getByText("the ledger differs").count()).toBe(0);
    const events = page.getByRole("table", { name: "Events in order" }).locator("tbody tr");
    expect(await events.count()).toBe(2);
    expect(await events.nth(1).textContent()).toContain('{"firstName":"G…"}');
    expect(await audited("console.user_published")).toContain(id);
    expect(troubles).toEqual([]);
  });

  test("that is unknown, or has an id of 500 characters, gets a page", async () => {
    const { page, troubles } = await openConsole(`/console/users/${"x".repeat(500)}`, { width: 360 });
    await page.getByText("The bridge does not know this user.").waitFor();
    expect(await readOverflow(page)).toBe(0);
    expect(troubles).toEqual([]);
  });
});

describe("dead letters", () => {
  const store = (id: string, reason = "a reason", body = "{}") =>
    deadLetters.store({ id, stage: "received", reason, at: Date.now(), body });

  test("are retried, and dropped after a confirmation, one or many, and the actions are audited", async () => {
    const good = userMessage("user.created", makeUser(), 1).message;
    await store("msg_good", "unknown format", good.body);
    for (const id of ["msg_bad_1", "msg_bad_2", "msg_bad_3"]) await store(id);
    const { page, troubles } = await openConsole("/console/dead-letters");
    await page.getByLabel("Choose msg_good").check();
    await page.getByRole("button", { name: "Retry the chosen ones" }).click();
    await page.getByText("1 queued again").waitFor();
    await clerk.bridge.waitUntilIdle();
    expect(await deadLetters.find("msg_good")).toBeUndefined();

    for (const id of ["msg_bad_1", "msg_bad_2"]) await page.getByLabel(`Choose ${id}`).check();
    await page.getByRole("button", { name: "Drop the chosen ones" }).click();
    await page.getByText("This deletes 2 dead letters for good").waitFor();
    expect(await deadLetters.find("msg_bad_1")).toBeDefined();
    await page.getByRole("button", { name: "Delete 2 dead letters" }).click();
    await page.getByText("2 dropped.").waitFor();
    expect(await deadLetters.find("msg_bad_1")).toBeUndefined();
    expect(await deadLetters.find("msg_bad_3")).toBeDefined();
    expect(await audited("console.dead_letter_dropped")).toContain("msg_bad_2");
    expect(await audited("console.dead_letter_retried")).toContain("msg_good");
    expect(troubles).toEqual([]);
  });

  test("cannot be changed without console:write, and not by a form without the token of the session", async () => {
    await store("msg_kept");
    await using bridge = await openBridge({
      variables: { ...variables, ROLES_FILE: "test/extra/console/roles.json" },
    });
    const guarded = await bridge.startApi();
    const browser = await openBrowser();
    const { page } = await openViewer(browser);
    await signIn(page, guarded.url, await signServiceToken({ role: "viewer" }));
    await page.goto(`${guarded.url}/console/dead-letters`);
    expect(await page.getByRole("button", { name: /Retry|Drop/ }).count()).toBe(0);
    const [cookie] = await page.context().cookies();
    const post = (url: string, session: string, fields: Record<string, string>) =>
      fetch(`${url}/console/dead-letters`, {
        method: "POST",
        headers: { cookie: `console_session=${session}` },
        body: new URLSearchParams(fields),
      });
    const token = await page.locator("input[name=token]").first().inputValue();
    const drop = { action: "drop", id: "msg_kept", confirmed: "yes" };
    expect((await post(guarded.url, cookie?.value ?? "", { ...drop, token })).status).toBe(403);

    const { page: full } = await openConsole("/console/dead-letters");
    const [own] = await full.context().cookies();
    expect((await post(api.url, own?.value ?? "", drop)).status).toBe(403);
    expect((await post(api.url, own?.value ?? "", { ...drop, token })).status).toBe(403);
    expect(await deadLetters.find("msg_kept")).toBeDefined();
  });

  test("of which there are ten thousand are shown in pages", async () => {
    const pipeline = clerk.bridge.redis.pipeline();
    await pipeline.exec();
    await Promise.all(Array.from({ length: 10_000 }, (_, index) => store(`msg_${String(index).padStart(5, "0")}`)));
    const { page } = await openConsole("/console/dead-letters");
    expect(await page.locator("tbody tr").count()).toBe(50);
    await page.getByText(/^1 to 50 of 10,?\d+/).waitFor();
    await page.getByRole("link", { name: "Older" }).click();
    await page.getByText(/^51 to 100 of/).waitFor();
    const list = await deadLetters.list(0, 20_000);
    await Promise.all(list.map(({ id }) => deadLetters.delete(id)));
  });
});

test("events appear by themselves as they are committed, and are filtered by type", async () => {
  const { page, troubles } = await openConsole("/console/events?type=user.created&origin=");
  await page.getByText("Live", { exact: true }).waitFor();
  const user = makeUser();
  // A consumer that has just joined begins at the end, so one event after another is sent until one is shown.
  let version = 0;
  await waitFor(
    "an event is shown",
    async () => {
      version += 1;
      await sendAll(api.url, [
        userMessage("user.created", makeUser(), 1).message,
        userMessage("user.updated", { ...user, firstName: `Ada ${version}` }, version).message,
      ]);
      await page.waitForTimeout(500);
      return (await page.locator("#events tr").count()) > 0;
    },
    { deadlineMs: 30_000 },
  );
  expect(await page.locator("#events tr", { hasText: "user.updated" }).count()).toBe(0);
  await page.reload();
  expect(await page.locator("#events tr").count()).toBeGreaterThan(0);
  expect(troubles).toEqual([]);
});

test("a live tail that is closed while it connects to Kafka leaves the API running", async () => {
  const { page } = await openConsole();
  const [cookie] = await page.context().cookies();
  const headers = { cookie: `console_session=${cookie?.value ?? ""}` };
  for (let delayMs = 0; delayMs < 400; delayMs += 20) {
    const closed = AbortSignal.timeout(delayMs);
    const tail = await fetch(`${api.url}/console/events/live`, { headers, signal: closed }).catch(() => undefined);
    await tail?.text().catch(() => {});
  }
  // A further tail proves that the API is alive, and that the closed ones have given their places back.
  await page.goto(`${api.url}/console/events`);
  await page.getByText("Live", { exact: true }).waitFor();
  expect((await fetch(`${api.url}/livez`)).status).toBe(200);
});

test("a hostile user, dead letter or header runs no script on any page", async () => {
  const script = `"><script>document.title="hacked"</script><img src=x onerror="document.title='hacked'">`;
  const user = { ...makeUser(), firstName: script };
  await sendAll(api.url, [userMessage("user.created", user, 1).message]);
  const malformed = writeMessage("user.created", {
    ...clerkUserJson(makeUser(), 1),
    created_at: "never",
    first_name: script,
  });
  await sendAll(api.url, [malformed]);
  await clerk.bridge.waitUntilIdle();
  await deadLetters.store({
    id: script,
    stage: "received",
    reason: script,
    at: Date.now(),
    body: JSON.stringify({ note: script }),
  });
  const { page, troubles } = await openConsole();
  await page.setExtraHTTPHeaders({ "x-forwarded-for": script, "user-agent": script });
  for (const path of [
    "/console",
    "/console/shards",
    "/console/events",
    `/console/users/${user.id}`,
    `/console/users/${encodeURIComponent(script)}`,
    "/console/dead-letters",
    `/console/dead-letters/${encodeURIComponent(script)}`,
    `/console/dead-letters/${malformed.id}`,
  ]) {
    await page.goto(`${api.url}${path}`);
    expect(await page.title()).toMatch(/Bridge console$/);
  }
  await page.goto(`${api.url}/console/users/${user.id}`);
  await page.getByRole("button", { name: "Show personal data" }).click();
  await page.getByText("onerror=").first().waitFor();
  expect(await page.title()).toMatch(/Bridge console$/);
  expect(troubles).toEqual([]);
  await deadLetters.delete(script);
});

test("a console whose Redis is unavailable says so on every page, and works again afterwards", async () => {
  await using redis = await reserveRedis();
  const server = await redis.start();
  await using bridge = await openBridge({ redisUrl: server.url, variables });
  const own = await bridge.startApi();
  const { page } = await openViewer(await openBrowser());
  await signIn(page, own.url, await signServiceToken());
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await server.stop();
  for (const path of ["/console", "/console/dead-letters", "/console/user"]) {
    const response = await page.goto(`${own.url}${path}`);
    expect(response?.status()).toBe(503);
    expect(await page.getByRole("alert").textContent()).toMatch(/^Redis is unavailable: .+/);
  }
  await redis.start();
  await waitFor("the console works again", async () => (await page.goto(`${own.url}/console`))?.status() === 200, {
    deadlineMs: 20_000,
  });
});

test.for([
  { width: 360, height: 740, dark: false },
  { width: 3_840, height: 2_160, dark: true },
])("no page has a barrier that axe-core finds, or is wider than its window: %o", async (options) => {
  const { id } = clerk.emulator.dashboard.createUser({
    first_name: "مرحبا",
    last_name: "👩‍🚀",
    email_address: [`${Date.now()}@example.com`],
  });
  await clerk.reconcile();
  await clerk.bridge.waitUntilIdle();
  await deadLetters.store({ id: `msg_${"x".repeat(500)}`, stage: "queued", reason: "سبب", at: Date.now(), body: "{}" });
  const { page } = await openConsole("/console", options);
  await page.locator(".chart canvas").first().waitFor();
  const barriers: string[] = [];
  for (const path of [
    "/console",
    "/console/shards",
    "/console/user",
    `/console/users/${id}`,
    "/console/dead-letters",
    "/console/events",
  ]) {
    await page.goto(`${api.url}${path}`);
    barriers.push(...(await findBarriers(page)));
    if ((await readOverflow(page)) !== 0) barriers.push(`${path} is too wide`);
  }
  expect(barriers).toEqual([]);
});
