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

test("A worker whose question for the group's coordinator is cut off asks again, and does not end", async () => {
  await using resources = new AsyncDisposableStack();
  const dir = await createFreshFolder();
  resources.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 3 }));
  const [port, advertisedPort] = [await findFreePort(), await findFreePort()];
  const asked = resources.use(await openRefuser({ port: advertisedPort, target: port }));
  const kafka = await startKafka({ dir: join(dir, "kafka"), port, advertisedPort });
  resources.defer(kafka.stop);
  await using bridge = await openBridge({ kafkaBrokers: [`127.0.0.1:${advertisedPort}`] });

  asked.refuse(true);
  const [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorkerUnready()]);
  await waitFor("it asked and was cut off", () => asked.refused() > 0, { deadlineMs: 20_000 });
  asked.refuse(false);
  await worker.waitUntilReady();
  expect(await worker.logged("group.assigned")).toHaveLength(1);

  const history = makeHistory({ users: 5, seed: 8 });
  await sendAll(api.url, messagesOf(history));
  await bridge.waitUntilIdle();
  await expectExactlyOnce(bridge, expectedUsers(history));
});

const findCoordinator = 10;

/** A way to Kafka that resets the connections on which somebody asks for a coordinator. */
async function openRefuser({ port, target }: { port: number; target: number }) {
  let refusing = false;
  let refused = 0;
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
      // A request: 4 bytes of length, 2 of what it asks for. kafkajs writes each by itself.
      if (!refusing || request.readInt16BE(4) !== findCoordinator) far.write(request);
      else {
        refused += 1;
        near.resetAndDestroy();
      }
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    refuse: (whether: boolean) => {
      refusing = whether;
    },
    refused: () => refused,
    [Symbol.asyncDispose]: async () => {
      server.close();
    },
  };
}
