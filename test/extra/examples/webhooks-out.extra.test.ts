import { rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Webhook } from "svix";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { createFreshFolder } from "../../../dev/stack/folders.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";
import { openExample, startBridge, userOf } from "../../support/run-example.ts";

const secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

test(
  "webhooks-out: each endpoint gets every event in order, signed, in spite of refusals and a kill; a dead one is disabled and can go on",
  { timeout: 240_000 },
  async () => {
    const { bridge, emulator } = await startBridge();
    const busy = await openEndpoint();
    const gone = await openEndpoint();
    const failing = await openEndpoint();
    const file = await writeEndpoints({ busy: busy.url, gone: gone.url, failing: failing.url });
    const example = await openExample("webhooks-out", bridge);
    const settings = { ENDPOINTS_FILE: file, FIRST_RETRY_MS: "50" };

    busy.answer((received) => (received % 3 === 0 ? 500 : 204));
    gone.answer(() => 410);
    failing.answer(() => 503);
    const ids = Array.from({ length: 5 }, (_, index) => emulator.dashboard.createUser(userOf(index)).id);
    const first = example.start({ ...settings, DISABLE_AFTER_MS: "3000" });
    await first.waitFor("gone is disabled: it answers 410 Gone");
    await first.waitFor("failing is disabled: status 503");
    for (const id of ids) emulator.dashboard.updateUser(id, { last_name: "King" });
    await waitFor("the endpoint has some updates", () => busy.accepted().length >= 7, { deadlineMs: 60_000 });
    await first.kill();
    for (const id of ids) emulator.dashboard.deleteUser(id);
    await emulator.webhooks.settled();
    await bridge.waitUntilIdle();

    const requestsToGone = gone.requests();
    const second = example.start(settings);
    await second.waitFor("gone is disabled since");
    await waitFor("the endpoint has all events", () => busy.accepted().length === 15, { deadlineMs: 60_000 });
    expect(gone.requests()).toBe(requestsToGone);
    expect(failing.accepted()).toEqual([]);
    expect(await second.stop()).toBe("exit code 0");

    failing.answer(() => 204);
    await rm(join(example.folder, "disabled.json"));
    gone.answer(() => 204);
    const third = example.start(settings);
    for (const { accepted } of [gone, failing, busy]) {
      await waitFor("an endpoint has all events", () => accepted().length === 15, { deadlineMs: 60_000 });
      for (const id of ids) {
        expect(
          accepted()
            .filter(({ userId }) => userId === id)
            .map(({ type }) => type),
        ).toEqual(["user.created", "user.updated", "user.deleted"]);
      }
    }
    expect(await third.stop()).toBe("exit code 0");
  },
);

test("webhooks-out refuses endpoints that it cannot call or sign for", { timeout: 60_000 }, async () => {
  const { bridge } = await startBridge();
  const example = await openExample("webhooks-out", bridge);
  const run = example.start({ ENDPOINTS_FILE: await writeEndpoints({ files: "file:///etc/passwd" }) });
  expect(await run.exited).toBe("exit code 1");
  expect(await run.output()).toContain("Invalid URL");
});

interface Accepted {
  readonly type: string;
  readonly userId: string;
}

/** An endpoint that verifies as Svix's library does, and ignores repetitions by their `webhook-id`. */
async function openEndpoint() {
  const accepted = new Map<string, Accepted>();
  let requests = 0;
  let statusOf: (received: number) => number = () => 204;
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      new Webhook(secret).verify(body, textsOf(request.headers));
      requests += 1;
      const status = statusOf(requests);
      const id = String(request.headers["webhook-id"]);
      if (status === 204 && !accepted.has(id)) accepted.set(id, acceptedOf(body));
      response.writeHead(status).end();
    })().catch(() => response.writeHead(400).end());
  });
  const listening = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", listening.resolve);
  await listening.promise;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  return {
    url: `http://127.0.0.1:${address.port}/`,
    accepted: () => [...accepted.values()],
    requests: () => requests,
    answer: (next: typeof statusOf) => {
      statusOf = next;
    },
  };
}

const textsOf = (headers: IncomingHttpHeaders) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

const acceptedSchema = z.object({ type: z.string(), data: z.object({ id: z.string() }) });
function acceptedOf(body: string): Accepted {
  const { type, data } = acceptedSchema.parse(JSON.parse(body));
  return { type, userId: data.id };
}

async function writeEndpoints(urls: Readonly<Record<string, string>>): Promise<string> {
  const folder = await createFreshFolder();
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const file = join(folder, "endpoints.json");
  await writeFile(file, JSON.stringify(Object.entries(urls).map(([id, url]) => ({ id, url, secret }))));
  return file;
}
