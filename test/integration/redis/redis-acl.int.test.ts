import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { repositoryFolder } from "../../../dev/stack/folders.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";
import { useUserApi } from "../../support/api/use-user-api.ts";
import { serviceSecret } from "../../support/api/tokens.ts";
import { type ClerkWithoutWebhooks, openClerkWithoutWebhooks } from "../../support/clerk/clerk-without-webhooks.ts";
import { writeMessage } from "../../support/clerk/clerk-messages.ts";
import { sendAll, webhookSecret } from "../../support/clerk/send-webhook.ts";
import { reserveRedis } from "../../support/private-servers.ts";

/** The command of docs/redis.md that creates the bridge's user. */
const documented =
  /^ACL SETUSER bridge (?<rights>.*)$/m.exec(readFileSync(join(repositoryFolder, "docs/redis.md"), "utf8"))?.groups?.[
    "rights"
  ] ?? "";

test.for([
  { rights: "the documented rights", rules: documented },
  { rights: "all rights except the dangerous ones", rules: "on >secret ~* &* +@all -@dangerous" },
])("the whole bridge works as a Redis user with $rights", async ({ rules }) => {
  const { clerk, deniedCommands } = await openWithUser(rules);
  const { bridge, emulator } = clerk;
  const [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);

  clerk.createUsers(3);
  await clerk.reconcile();
  await clerk.expectAllPublished();
  emulator.webhooks.connect({ url: `${api.url}/webhooks/clerk`, secret: emulator.webhookSecret });
  const deleted = clerk.createUsers(10)[0] ?? "";
  await emulator.webhooks.settled();
  emulator.dashboard.deleteUser(deleted);
  await emulator.webhooks.settled();
  expect((await useUserApi(bridge, api, worker)).role).toBe("admin");
  await clerk.expectAllPublished([deleted]);

  await sendAll(api.url, [writeMessage("user.updated", { object: "user", id: "user_poison", first_name: 1 })]);
  await waitFor("the message is a dead letter", async () =>
    (await bridge.runCommand("dlq", "list")).output.includes("1 in total"),
  );
  for (const command of [
    ["dlq", "retry", "all", "--no-wait"],
    ["dlq", "drop", "all", "--yes"],
    ["verify"],
    ["reconcile"],
    ["backfill"],
    ["rebuild", "--yes"],
  ]) {
    expect(await bridge.runCommand(...command)).toMatchObject({ reason: "exit code 0" });
  }
  const doctor = await bridge.runCommand("doctor");
  expect(doctor.reason).toBe("exit code 0");
  expect(doctor.output).toContain("Redis appendonly: cannot be read");
  expect(await worker.stop()).toBe("exit code 0");
  expect(await api.stop()).toBe("exit code 0");

  // Neither is needed: the bridge asks and does without.
  const needless = new Set(["info", "config|get"]);
  expect((await deniedCommands()).filter((command) => !needless.has(command))).toEqual([]);
});

test("a worker without the right to run scripts answers health checks, uses little of its core and stops when told", async () => {
  const { clerk } = await openWithUser("on >secret ~* &* +@all -@dangerous -evalsha -eval");
  const worker = await clerk.bridge.startWorkerUnready();
  await worker.waitUntilLogged("shard.dropped");
  const cpuBefore = await worker.metric("process_cpu_seconds_total");
  const before = performance.now();
  await waitFor("three seconds have passed", () => Promise.resolve(performance.now() - before > 3_000));
  const usedSeconds = (await worker.metric("process_cpu_seconds_total")) - cpuBefore;
  expect(usedSeconds / ((performance.now() - before) / 1_000)).toBeLessThan(0.5);
  await waitFor("the worker is not ready", async () => (await worker.readiness()).status === 503, {
    deadlineMs: 20_000,
  });
  expect(await worker.stop()).toBe("exit code 0");
});

/** A bridge whose processes are a Redis user with these rules, while the test itself may do everything. */
async function openWithUser(rules: string): Promise<{
  clerk: ClerkWithoutWebhooks;
  /** The commands that Redis has denied the user so far. */
  deniedCommands: () => Promise<string[]>;
}> {
  await using resources = new AsyncDisposableStack();
  const redis = resources.use(await reserveRedis());
  const { url } = await redis.start();
  const userUrl = url.replace("redis://", "redis://bridge:secret@");
  const clerk = resources.use(
    await openClerkWithoutWebhooks({
      redisUrl: url,
      variables: { REDIS_URL: userUrl, JWT_SECRET: serviceSecret, CLERK_WEBHOOK_SIGNING_SECRET: webhookSecret },
    }),
  );
  const { bridge } = clerk;
  const words = rules.replaceAll("<prefix>", bridge.redisPrefix).replaceAll("<password>", "secret").split(" ");
  await bridge.redis.call("ACL", "SETUSER", "bridge", ...words);
  const owned = resources.move();
  onTestFinished(() => owned.disposeAsync());
  return {
    clerk,
    deniedCommands: async () => {
      const log = await bridge.redis.call("ACL", "LOG", "128");
      return (Array.isArray(log) ? log : []).map((entry: unknown) => (Array.isArray(entry) ? String(entry[7]) : ""));
    },
  };
}
