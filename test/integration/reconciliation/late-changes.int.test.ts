import { expect, test } from "vitest";
import { openClerkWithoutWebhooks } from "../../support/clerk/clerk-without-webhooks.ts";
import { clerkUserJson, makeUser, userMessage, writeMessage } from "../../support/clerk/clerk-messages.ts";
import { send, webhookSecret } from "../../support/clerk/send-webhook.ts";

test("a change within the grace period is published when the period is over, without another scheduled run", async () => {
  await using clerk = await openClerkWithoutWebhooks({ variables: { RECONCILE_GRACE_MS: "1500" } });
  const worker = await clerk.bridge.startWorker();
  clerk.createUsers(1);
  const first = await clerk.reconcile();
  expect(first.result).toMatchObject({ findings: { inGracePeriod: 1, found: { created: 0 } } });
  const [, second] = await worker.waitUntilLogged("reconciliation.done", 2);
  expect(second).toMatchObject({ reason: "grace_over", created: 1 });
  await clerk.expectAllPublished();
});

test("a version in the future hides later changes only until Clerk is compared", async () => {
  await using clerk = await openClerkWithoutWebhooks({ variables: { CLERK_WEBHOOK_SECRET: webhookSecret } });
  const { bridge, emulator } = clerk;
  const [api] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  const [id = ""] = clerk.createUsers(1);
  const wrong = makeUser({ id, firstName: "Wrong" });
  const inTenYears = Date.now() + 10 * 365 * 86_400_000;
  const future = writeMessage("user.updated", clerkUserJson(wrong, inTenYears), inTenYears);
  expect((await send(api.url, future)).status).toBe(204);
  await bridge.waitUntilIdle();
  expect((await bridge.readLedger()).get(id)).toMatchObject({ firstName: "Wrong" });

  await send(api.url, userMessage("user.updated", makeUser({ id, firstName: "Hidden" }), 1).message);
  emulator.dashboard.updateUser(id, { first_name: "Right" });
  await clerk.reconcile();
  await clerk.expectAllPublished();

  emulator.webhooks.connect({ url: `${api.url}/webhooks/clerk`, secret: webhookSecret });
  emulator.dashboard.updateUser(id, { first_name: "Later" });
  await emulator.webhooks.settled();
  await clerk.expectAllPublished();
});
