import { join } from "node:path";
import { execa } from "execa";
import getPort from "get-port";
import { expect, inject, onTestFinished, test } from "vitest";
import { acceptsConnections } from "../../../dev/stack/accepts-connections.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

const root = join(import.meta.dirname, "../../..");

test.for([
  { script: "start", portVariable: "PORT" },
  { script: "api", portVariable: "PORT" },
  { script: "worker", portVariable: "WORKER_PORT" },
])("`npm run $script` passes SIGTERM on to the program, which stops cleanly", async ({ script, portVariable }) => {
  const port = await getPort();
  const name = `npm-${script}-${process.pid}`;
  const npm = execa("npm", ["run", script], {
    cwd: root,
    reject: false,
    // A process group of its own, so that a failed test leaves nothing behind.
    detached: true,
    env: {
      [portVariable]: String(port),
      HOST: "127.0.0.1",
      SHARDS: "1",
      REDIS_URL: inject("redisUrl"),
      REDIS_PREFIX: name,
      KAFKA_BROKERS: inject("kafkaBrokers").join(","),
      KAFKA_EVENTS_TOPIC: `${name}.events`,
      KAFKA_STATE_TOPIC: `${name}.state`,
      KAFKA_AUDIT_TOPIC: `${name}.audit`,
      KAFKA_GROUP_ID: name,
      KAFKA_TRANSACTIONAL_ID_PREFIX: name,
      CLERK_SECRET_KEY: "sk_test_scripts",
      CLERK_WEBHOOK_SECRET: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    },
  });
  onTestFinished(async () => {
    try {
      if (npm.pid !== undefined) process.kill(-npm.pid, "SIGKILL");
    } catch {
      // The group has ended.
    }
    await npm;
  });
  const isReady = () =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  await waitFor("the program is ready", isReady, { deadlineMs: 40_000 });
  npm.kill("SIGTERM");
  await waitFor("the program's port is closed", async () => !(await acceptsConnections("127.0.0.1", port)));
  const { stdout } = await npm;
  expect(stdout).toContain('"event":"process.stopped"');
});
