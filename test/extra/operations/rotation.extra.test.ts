import { randomBytes } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { waitFor } from "../../../dev/stack/wait-for.ts";
import { callApi } from "../../support/api/call-api.ts";
import { signServiceToken } from "../../support/api/tokens.ts";
import type { BridgeProcess } from "../../support/bridge/bridge-process.ts";
import { openBridge } from "../../support/bridge/bridge.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { expectedUsers, makeUser, userMessage, type UserMessage } from "../../support/clerk/clerk-messages.ts";
import { post, signatureHeaders } from "../../support/clerk/send-webhook.ts";

const newSecret = () => randomBytes(32).toString("base64");
const newWebhookSecret = () => `whsec_${newSecret()}`;

test("both secrets are rotated by rolling restarts, and no webhook and no caller is refused while traffic flows", async () => {
  const [webhookOld, webhookNew] = [newWebhookSecret(), newWebhookSecret()];
  const [tokenOld, tokenNew] = [newSecret(), newSecret()];
  await using bridge = await openBridge({
    variables: { RATE_LIMIT_PER_IP: "100000", RATE_LIMIT_PER_CALLER: "100000" },
  });
  await bridge.startWorker();
  const old = { CLERK_WEBHOOK_SECRET: webhookOld, JWT_SECRET: tokenOld };
  const both = {
    CLERK_WEBHOOK_SECRET: `${webhookNew},${webhookOld}`,
    JWT_SECRET: tokenNew,
    JWT_SECRET_PREVIOUS: tokenOld,
  };
  const fresh = { CLERK_WEBHOOK_SECRET: webhookNew, JWT_SECRET: tokenNew };

  /** The APIs behind the load balancer, which sends to each in turn. */
  const apis: BridgeProcess[] = await Promise.all([bridge.startApi(old), bridge.startApi(old)]);
  let signing = { webhook: webhookOld, token: tokenOld };
  const sent: UserMessage[] = [];
  const answers: Record<string, number> = {};
  let turn = 0;
  const stopped = new AbortController();
  const traffic = (async () => {
    while (!stopped.signal.aborted) {
      turn += 1;
      const api = apis[turn % apis.length];
      if (api === undefined) throw new Error("there is no API");
      const message = userMessage("user.created", makeUser(), 1);
      const headers = signatureHeaders(message.message, { secret: signing.webhook });
      const token = await signServiceToken({}, { secret: signing.token });
      const [webhook, call] = await Promise.all([
        post(api.url, message.message.body, headers),
        callApi(api.url, "GET /api/audit", { token }),
      ]);
      if (webhook.status === 204) sent.push(message);
      for (const answer of [`webhook ${webhook.status}`, `call ${call.status}`])
        answers[answer] = (answers[answer] ?? 0) + 1;
    }
  })();
  onTestFinished(async () => {
    stopped.abort();
    await traffic.catch(() => {});
  });
  const rest = async () => {
    const before = sent.length;
    await waitFor("more traffic has passed", () => sent.length > before + 20);
  };
  const restartAll = async (variables: Readonly<Record<string, string>>) => {
    for (const api of apis.slice()) {
      apis.push(await bridge.startApi(variables));
      apis.splice(apis.indexOf(api), 1);
      // Requests on their way to it are answered before it ends.
      expect(await api.stop()).toBe("exit code 0");
      await rest();
    }
  };

  await rest();
  await restartAll(both);
  signing = { webhook: webhookNew, token: tokenNew };
  await rest();
  await restartAll(fresh);
  stopped.abort();
  await traffic;
  expect(Object.keys(answers).toSorted()).toEqual(["call 200", "webhook 204"]);
  expect(answers["call 200"]).toBeGreaterThan(100);

  const [api] = apis;
  const stale = await callApi(api?.url ?? "", "GET /api/audit", {
    token: await signServiceToken({}, { secret: tokenOld }),
  });
  expect(stale.status).toBe(403);
  await bridge.waitUntilIdle();
  await expectExactlyOnce(bridge, expectedUsers(sent));
});
