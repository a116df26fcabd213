import { execa } from "execa";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { repositoryFolder } from "../../../dev/stack/folders.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";
import { callApi } from "../../support/api/call-api.ts";
import { serviceSecret, signServiceToken } from "../../support/api/tokens.ts";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { clerkUserJson, makeUser, userMessage, writeMessage } from "../../support/clerk/clerk-messages.ts";
import { openClerkWithoutWebhooks } from "../../support/clerk/clerk-without-webhooks.ts";
import { post, send, signatureHeaders, webhookSecret } from "../../support/clerk/send-webhook.ts";
import { installPrometheus, startPrometheus } from "../../support/monitoring/start-prometheus.ts";

const variables = { JWT_SECRET: serviceSecret, CLERK_WEBHOOK_SECRET: webhookSecret };

const dashboardSchema = z.object({
  panels: z.array(z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).default([]) })),
});

/** Every query of a dashboard, with the title of its panel. */
async function queriesOf(name: string) {
  const text = await readFile(join(repositoryFolder, "deploy/grafana", `${name}.json`), "utf8");
  const { panels } = dashboardSchema.parse(JSON.parse(text));
  return panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => ({ panel: `${name}: ${title}`, expr: expr.replaceAll("$__rate_interval", "30s") })),
  );
}

/** One of everything that a panel shows: events, unreadable and refused webhooks, calls of the user API that work, fail and are refused. */
async function causeTraffic(api: BridgeProcess, userId: string): Promise<void> {
  const user = makeUser();
  const token = await signServiceToken();
  await send(api.url, userMessage("user.created", user, 1).message);
  await send(api.url, writeMessage("user.created", { ...clerkUserJson(makeUser(), 1), created_at: "never" }));
  const message = userMessage("user.updated", user, 2).message;
  await post(api.url, message.body, { ...signatureHeaders(message), "svix-signature": "v1,wrong" });
  await callApi(api.url, `GET /api/users/${userId}`, { token });
  await callApi(api.url, `GET /api/users/${userId}`, { token });
  await callApi(api.url, `GET /api/users/${userId}`, { token: "wrong" });
  await callApi(api.url, `PATCH /api/users/${userId}`, {
    token,
    body: JSON.stringify({ firstName: `Ada ${Date.now()}` }),
  });
}

test("every panel of both dashboards shows data of a running bridge in a real Prometheus", async () => {
  await using clerk = await openClerkWithoutWebhooks({ variables });
  const [api, worker] = await Promise.all([clerk.bridge.startApi(), clerk.bridge.startWorker()]);
  const prometheus = await startPrometheus({ targets: [api.url, worker.url] });
  const [userId = ""] = clerk.createUsers(1);
  const queries = [...(await queriesOf("bridge")), ...(await queriesOf("user-api"))];
  expect(queries.length).toBeGreaterThan(40);

  let empty = queries;
  await waitFor(
    "all panels have data",
    async () => {
      await causeTraffic(api, userId);
      clerk.createUsers(1);
      await clerk.reconcile();
      const results = await Promise.all(
        empty.map(async (query) => ({ query, samples: await prometheus.query(query.expr) })),
      );
      empty = results
        .filter(({ samples }) => !samples.some(({ value }) => Number.isFinite(value)))
        .map(({ query }) => query);
      return empty.length === 0;
    },
    { deadlineMs: 60_000, intervalMs: 1_000 },
  ).catch((error: unknown) => {
    throw new Error(`No data in: ${empty.map(({ panel, expr }) => `${panel} ${expr}`).join("\n")}`, { cause: error });
  });
  expect(empty).toEqual([]);
});

test("promtool finds nothing wrong with the metrics of either program", async () => {
  await installPrometheus();
  await using clerk = await openClerkWithoutWebhooks({ variables });
  const [api, worker] = await Promise.all([clerk.bridge.startApi(), clerk.bridge.startWorker()]);
  const [userId = ""] = clerk.createUsers(1);
  await causeTraffic(api, userId);
  await clerk.reconcile();
  for (const { url } of [api, worker]) {
    const input = await (await fetch(`${url}/metrics`)).text();
    const { exitCode, stdout, stderr } = await execa("promtool", ["check", "metrics"], { input, reject: false });
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  }
});
