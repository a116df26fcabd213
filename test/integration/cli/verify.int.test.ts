import { afterAll, beforeAll, expect, test } from "vitest";
import { createShardOf } from "../../../src/domain/shard-of.ts";
import { indexKey, ledgerKey, shardPrefix } from "../../../src/redis/keys.ts";
import { openClerkWithoutWebhooks, type ClerkWithoutWebhooks } from "../../support/clerk/clerk-without-webhooks.ts";

const resources = new AsyncDisposableStack();
let clerk: ClerkWithoutWebhooks;
let users: string[];

beforeAll(async () => {
  clerk = resources.use(await openClerkWithoutWebhooks());
  await clerk.bridge.startWorker();
  users = clerk.createUsers(12);
  await clerk.reconcile();
  await clerk.expectAllPublished();
});
afterAll(() => resources.disposeAsync());

test("`verify` exits with 0 when Clerk, the ledger and Kafka agree", async () => {
  const { output, reason } = await clerk.bridge.runCommand("verify");
  expect(reason).toBe("exit code 0");
  expect(output).toContain("nothing differs\nusers: 12 in Clerk, 12 in the ledger, 12 in Kafka");
});

test("`verify` exits with 2 and prints the problems of each user, until they are repaired", async () => {
  const { bridge, emulator } = clerk;
  const [changed = "", deleted = "", tampered = "", missing = "", broken = "", moved = ""] = users.splice(0, 6);
  const unknown = clerk.createUsers(1)[0] ?? "";
  emulator.dashboard.updateUser(changed, { last_name: "Hopper" });
  emulator.dashboard.updateMetadata(changed, { public_metadata: { role: "admin" } });
  emulator.dashboard.deleteUser(deleted);
  const entry = await bridge.redis.hget(ledgerOf(tampered), tampered);
  await bridge.redis.hset(ledgerOf(tampered), tampered, String(entry).replace('"Ada"', '"Eve"'));
  // The ledger counts its users. Without the correct count its owner would rebuild it before `verify` reads it.
  await bridge.redis.multi().hdel(ledgerOf(missing), missing).hincrby(ledgerOf(missing), " users", -1).exec();
  await bridge.redis.hset(ledgerOf(broken), broken, "1||{}");
  // Another role in the index, which has as many members as before.
  const member = (await bridge.redis.zrange(indexOf(moved), 0, "-1")).find((each) => each.endsWith(moved)) ?? "";
  await bridge.redis
    .multi()
    .zrem(indexOf(moved), member)
    .zadd(indexOf(moved), 0, member.replace(":user:", ":admin:"))
    .exec();

  const { output, reason } = await bridge.runCommand("verify", "--json");
  expect(reason).toBe("exit code 2");
  const { differences, ...counts } = JSON.parse(output.slice(output.indexOf("{")));
  expect(counts).toEqual({
    clerk: 12,
    ledger: 10,
    kafka: 12,
    waitingJobs: 0,
    furtherDifferences: 0,
    unreadable: {},
  });
  const problems = new Map(
    differences.map((each: { userId: string; problems: unknown }) => [each.userId, each.problems]),
  );
  const fields = ["lastName", "role", "updatedAt"];
  expect(problems).toEqual(
    new Map<string, unknown>([
      [changed, ["ledger", "kafka"].map((store) => ({ what: "differs", store, fields }))],
      [deleted, ["ledger", "kafka"].map((store) => ({ what: "extra", store }))],
      [unknown, ["ledger", "kafka"].map((store) => ({ what: "missing", store }))],
      [
        tampered,
        [
          { what: "differs", store: "ledger", fields: ["firstName"] },
          { what: "disagrees", fields: ["firstName"] },
          { what: "misplaced" },
        ],
      ],
      [missing, [{ what: "missing", store: "ledger" }, { what: "misplaced" }]],
      [moved, [{ what: "misplaced" }]],
      [broken, [{ what: "unreadable", store: "ledger" }]],
    ]),
  );

  await bridge.runCommand("rebuild", "--yes");
  await clerk.reconcile({ kind: "full" });
  await clerk.expectAllPublished([deleted]);
  expect((await bridge.runCommand("verify")).output).toContain("nothing differs");
});

test("`verify` ignores a change that happens while it runs", async () => {
  const { bridge, proxy, emulator } = clerk;
  const api = await bridge.startApi();
  emulator.webhooks.connect({ url: `${api.url}/webhooks/clerk`, secret: emulator.webhookSecret });
  proxy.failWhen(({ path }) => {
    if (path.startsWith("/users?")) emulator.dashboard.updateUser(users[0] ?? "", { first_name: crypto.randomUUID() });
    proxy.failWhen(() => undefined);
    return undefined;
  });
  const { output, reason } = await bridge.runCommand("verify");
  expect(output).toContain("nothing differs");
  expect(reason).toBe("exit code 0");
});

const prefixOf = (userId: string) => shardPrefix(clerk.bridge.redisPrefix, createShardOf(clerk.bridge.shards)(userId));
const ledgerOf = (userId: string) => ledgerKey(prefixOf(userId));
const indexOf = (userId: string) => indexKey(prefixOf(userId));

test("`verify` names TMPDIR when no temporary files can be created", async () => {
  clerk.bridge.configure({ TMPDIR: "/proc" });
  const { output, reason } = await clerk.bridge.runCommand("verify");
  clerk.bridge.configure({ TMPDIR: "" });
  expect(output).toContain("TMPDIR: temporary files cannot be written in /proc");
  expect(reason).toBe("exit code 1");
});
