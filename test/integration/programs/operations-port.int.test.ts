import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { openApi } from "../../support/api/open-api.ts";

const portSchema = z.object({ operationsPort: z.int().positive() });

test("with OPERATIONS_PORT, strangers see neither metrics nor why the API is not ready, and operators see both", async () => {
  const api = await openApi({ variables: { OPERATIONS_PORT: "0" } });
  onTestFinished(() => api[Symbol.asyncDispose]());
  const [listening] = api.logged("api.listening");
  const operations = `http://127.0.0.1:${portSchema.parse(listening).operationsPort}`;

  expect((await fetch(`${api.url}/metrics`)).status).toBe(404);
  expect(await (await fetch(`${api.url}/readyz`)).json()).toEqual({ status: "ready" });
  expect((await fetch(`${api.url}/livez`)).status).toBe(200);

  expect(await (await fetch(`${operations}/metrics`)).text()).toContain("bridge_webhooks_received_total");
  const conditions = { redis: true, shards: true };
  expect(await (await fetch(`${operations}/readyz`)).json()).toEqual({ status: "ready", conditions });
  expect((await fetch(`${operations}/api/users`)).status).toBe(404);
  await api.stop();
  await expect(fetch(`${operations}/livez`)).rejects.toThrow("fetch failed");
});
