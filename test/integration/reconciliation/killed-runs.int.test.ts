import { expect, onTestFinished, test } from "vitest";
import { createReconciliationQueue } from "../../../src/reconciliation/runs/reconciliation-queue.ts";
import { openClerkWithoutWebhooks } from "../../support/clerk/clerk-without-webhooks.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

test("a run is completed although three workers die of it one after the other", { timeout: 90_000 }, async () => {
  await using clerk = await openClerkWithoutWebhooks();
  const { bridge, proxy } = clerk;
  const runs = createReconciliationQueue(bridge.redis, bridge.redisPrefix);
  onTestFinished(() => runs.close());
  let asked = 0;
  proxy.failWhen(({ path }) => {
    if (!path.startsWith("/users?")) return undefined;
    asked += 1;
    return { kind: "hang" };
  });
  clerk.createUsers(1);
  const id = await runs.ask({ kind: "full", reason: "test" });
  for (let deaths = 0; deaths < 3; deaths += 1) {
    const worker = await bridge.startWorker();
    await waitFor("the worker runs it", () => asked > deaths, { deadlineMs: 25_000 });
    await worker.kill();
  }
  proxy.failWhen(() => undefined);
  await bridge.startWorker();
  const isOver = async () => {
    const run = await runs.find(id);
    return (run.state === "done" || run.state === "failed") && run;
  };
  expect(await waitFor("the run is over", isOver, { deadlineMs: 25_000 })).toMatchObject({ state: "done" });
  await clerk.expectAllPublished();
});
