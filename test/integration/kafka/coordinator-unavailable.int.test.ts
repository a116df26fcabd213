import { once } from "node:events";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { rm } from "node:fs/promises";
import { expect, test } from "vitest";
import { createFreshFolder } from "../../../dev/stack/folders.ts";
import { findFreePort } from "../../../dev/stack/free-port.ts";
import { startKafka } from "../../../dev/stack/start-kafka.ts";
import { openBridge } from "../../support/bridge/bridge.ts";
import { expectedUsers, messagesOf } from "../../support/clerk/clerk-messages.ts";
import { expectExactlyOnce } from "../../support/bridge/expect-exactly-once.ts";
import { makeHistory } from "../../support/bridge/make-history.ts";
import { sendAll } from "../../support/clerk/send-webhook.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

test("a worker whose coordinator request is cut off retries it instead of exiting", async () => {
  await using resources = new AsyncDisposableStack();
  const dir = await createFreshFolder();
  resources.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 3 }));
  const [port, advertisedPort] = [await findFreePort(), await findFreePort()];
  const proxy = resources.use(await startCoordinatorBlocker({ port: advertisedPort, target: port }));
  const kafka = await startKafka({ dir: join(dir, "kafka"), port, advertisedPort });
  resources.defer(kafka.stop);
  await using bridge = await openBridge({ kafkaBrokers: [`127.0.0.1:${advertisedPort}`] });

  proxy.block(true);
  const [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorkerUnready()]);
  await waitFor("a coordinator request was cut off", () => proxy.blockedCount() > 0, { deadlineMs: 20_000 });
  proxy.block(false);
  await worker.waitUntilReady();
  expect(await worker.waitUntilLogged("group.assigned")).toHaveLength(1);

  const history = makeHistory({ users: 5, seed: 8 });
  await sendAll(api.url, messagesOf(history));
  await bridge.waitUntilIdle();
  await expectExactlyOnce(bridge, expectedUsers(history));
});

const findCoordinator = 10;

/** A proxy in front of Kafka that can reset each connection on which a client asks for a coordinator. */
async function startCoordinatorBlocker({ port, target }: { port: number; target: number }) {
  let blocking = false;
  let blockedCount = 0;
  const server = createServer((near) => {
    const far = connect({ host: "127.0.0.1", port: target });
    for (const [here, there] of [
      [near, far],
      [far, near],
    ] as const) {
      here.on("error", () => {});
      here.once("close", () => there.destroy());
    }
    far.pipe(near);
    near.on("data", (request) => {
      // A request starts with 4 bytes of length and 2 bytes of API key. kafkajs writes each request separately.
      if (!blocking || request.readInt16BE(4) !== findCoordinator) far.write(request);
      else {
        blockedCount += 1;
        near.resetAndDestroy();
      }
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    block: (next: boolean) => {
      blocking = next;
    },
    blockedCount: () => blockedCount,
    [Symbol.asyncDispose]: async () => {
      server.close();
    },
  };
}
