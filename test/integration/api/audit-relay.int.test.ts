import { expect, inject, test } from "vitest";
import { startClerkEmulator } from "clerk-emulator";
import { auditRecordSchema } from "../../../src/audit/audit-record.ts";
import { openBridge } from "../../support/bridge/bridge.ts";
import { callApi } from "../../support/api/call-api.ts";
import { makeEntry, openAudit } from "../../support/api/open-audit.ts";
import { reserveKafka } from "../../support/private-servers.ts";
import { readTopic } from "../../support/kafka/read-topic.ts";
import { serviceSecret, signServiceToken } from "../../support/api/tokens.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

type Audit = Awaited<ReturnType<typeof openAudit>>;

const recordedIds = async ({ redis, stream }: Audit) => (await redis.xrange(stream, "-", "+")).map(([id]) => id);
const untilRelayed = (audit: Audit, kafkaBrokers = inject("kafkaBrokers")) =>
  waitFor(
    "every entry is relayed and acknowledged",
    async () => {
      const groups = JSON.stringify(await audit.redis.xinfo("GROUPS", audit.stream));
      const last = (await audit.redis.xrevrange(audit.stream, "+", "-", "COUNT", 1))[0]?.[0] ?? "none";
      return groups.includes(`"${last}"`) && groups.includes(`"pending",0`);
    },
    { deadlineMs: 30_000 },
  ).then(() => readTopic(kafkaBrokers, audit.topic));

test("an audit entry reaches Kafka complete, with its stream id, keyed by its target or else by its actor", async () => {
  await using audit = await openAudit();
  audit.startRelay();
  const before = { role: "user" };
  const after = { role: "admin" };
  const actor = { kind: "user", id: "user_admin", impersonatorId: "user_support" } as const;
  const changed = makeEntry({ action: "user.role_changed", actor, before, after });
  const { targetId: _, ...denied } = makeEntry({ action: "access.denied", outcome: "denied", reason: "forbidden" });
  await audit.trail.record(changed);
  await audit.trail.record(denied);

  const records = await untilRelayed(audit);
  const ids = await recordedIds(audit);
  const roleChange = records.find(({ headers }) => headers["ce_id"] === ids[0]);
  expect(roleChange).toMatchObject({
    key: "user_target",
    headers: {
      ce_specversion: "1.0",
      ce_type: "audit.user.role_changed",
      ce_subject: "user_target",
      ce_time: new Date(changed.at).toISOString(),
      "content-type": "application/json",
    },
  });
  expect(auditRecordSchema.parse(JSON.parse(roleChange?.value ?? ""))).toEqual({
    ...changed,
    id: ids[0],
    at: new Date(changed.at).toISOString(),
  });
  expect(records.find(({ headers }) => headers["ce_id"] === ids[1])?.key).toBe("user_admin");
  expect(records).toHaveLength(2);
});

test("several audit relays share the entries; each entry is in Kafka once", async () => {
  await using audit = await openAudit();
  for (const _ of [1, 2, 3]) audit.startRelay();
  await Promise.all(
    Array.from({ length: 500 }, (_, index) => audit.trail.record(makeEntry({ targetId: `user_${index}` }))),
  );
  const records = await untilRelayed(audit);
  const ids = records.map(({ headers }) => headers["ce_id"]);
  expect(ids).toHaveLength(500);
  expect(new Set(ids)).toEqual(new Set(await recordedIds(audit)));
});

test("entries that a relay had claimed when it died are relayed by another one, under the same ids", async () => {
  await using audit = await openAudit();
  const died = Promise.withResolvers<void>();
  const dead = Promise.withResolvers<void>();
  const dying = audit.startRelay({
    intercept: (publisher) => ({
      ...publisher,
      publish: async (records) => {
        await publisher.publish(records);
        died.resolve();
        await dead.promise;
      },
    }),
  });
  await audit.trail.record(makeEntry());
  await died.promise;
  audit.startRelay({ abandonedAfterMs: 0 });
  const records = await untilRelayed(audit);
  const [id] = await recordedIds(audit);
  expect(records.map(({ headers }) => headers["ce_id"])).toEqual([id, id]);
  const stopped = dying.stop();
  dead.reject(new Error("died"));
  await stopped;
});

test("no audit entry is trimmed while Kafka is unavailable, and all of them are relayed once it is back", async () => {
  await using server = await reserveKafka();
  const kafkaBrokers = [`127.0.0.1:${server.port}`];
  await using audit = await openAudit({
    kafkaBrokers,
    variables: { AUDIT_MAX_ENTRIES: "1", AUDIT_RETENTION_MS: "1" },
  });
  const kafka = await server.start();
  const { metrics } = audit.startRelay();
  await audit.trail.record(makeEntry({ targetId: "user_before" }));
  await untilRelayed(audit, kafkaBrokers);

  await kafka.kill();
  const missed = Array.from({ length: 40 }, (_, index) => `user_${index}`);
  for (const targetId of missed) await audit.trail.record(makeEntry({ targetId }));
  const lag = async () => (await metrics.lagSeconds.get()).values[0]?.value ?? 0;
  await waitFor("the metric shows a lag", async () => (await lag()) > 0.5, { deadlineMs: 30_000 });
  // The first entry may be trimmed; entries that Kafka does not have stay.
  await audit.openOutbox().trim(Date.now() + 60_000);
  expect(await recordedIds(audit)).toHaveLength(missed.length);

  await server.start();
  const records = await untilRelayed(audit, kafkaBrokers);
  expect(new Set(records.map(({ key }) => key))).toEqual(new Set(["user_before", ...missed]));
  await waitFor("the metric shows no lag", async () => (await lag()) === 0);
  await waitFor("relayed entries beyond the bounds are trimmed", async () => (await recordedIds(audit)).length <= 1);
});

test("relayed audit entries are trimmed when they are too old or too many, oldest first", async () => {
  await using audit = await openAudit({ variables: { AUDIT_MAX_ENTRIES: "5", AUDIT_RETENTION_MS: "60000" } });
  const outbox = audit.openOutbox();
  await outbox.prepare();
  for (const _ of Array.from({ length: 8 })) await audit.trail.record(makeEntry());
  const claimed = await outbox.claim();
  const ids = claimed.map(({ id }) => id);
  expect(ids).toHaveLength(8);
  await audit.trail.record(makeEntry());

  const [unclaimed] = (await recordedIds(audit)).slice(8);

  expect(await outbox.trim(Date.now())).toBe(Number.parseInt(ids[0] ?? "", 10));
  expect(await recordedIds(audit)).toEqual([...ids, unclaimed]);
  await outbox.acknowledge(ids.slice(0, 2));
  await outbox.trim(Date.now());
  expect(await recordedIds(audit)).toEqual([...ids.slice(2), unclaimed]);
  await outbox.acknowledge(ids.slice(2));
  await outbox.trim(Date.now());
  expect(await recordedIds(audit)).toEqual([...ids.slice(4), unclaimed]);
  // By age all of them could go, but the last one is unclaimed.
  await outbox.trim(Date.now() + 120_000);
  expect(await recordedIds(audit)).toEqual([unclaimed]);
});

test("a flood of denials pushes no other entry out of the audit trail", async () => {
  await using audit = await openAudit({ variables: { AUDIT_MAX_ENTRIES: "40" } });
  const outbox = audit.openOutbox();
  await outbox.prepare();
  for (const _ of Array.from({ length: 30 })) await audit.trail.record(makeEntry());
  const changes = await recordedIds(audit);
  for (const _ of Array.from({ length: 60 })) await audit.trail.record(makeEntry({ outcome: "denied" }));
  const denials = (await recordedIds(audit)).slice(30);

  await outbox.trim(Date.now());
  expect(await recordedIds(audit)).toEqual([...changes, ...denials]);
  for (let claimed = await outbox.claim(); claimed.length > 0; claimed = await outbox.claim()) {
    await outbox.acknowledge(claimed.map(({ id }) => id));
  }
  await outbox.trim(Date.now());
  expect(await recordedIds(audit)).toEqual([...changes, ...denials.slice(-4)]);
});

test("an audit relay continues after Redis lost the trail, and skips entries that cannot be parsed", async () => {
  await using audit = await openAudit();
  audit.startRelay();
  await audit.trail.record(makeEntry({ targetId: "user_first" }));
  await untilRelayed(audit);
  await audit.redis.del(audit.stream);
  await audit.redis.xadd(audit.stream, "*", "something", "else");
  await audit.redis.xadd(audit.stream, "*", "entry", "{}");
  await audit.trail.record(makeEntry({ targetId: "user_second" }));
  const records = await untilRelayed(audit);
  expect(records.map(({ key }) => key)).toEqual(["user_first", "user_second"]);
});

test("an operation of the API is in the audit topic once a worker has relayed it", async () => {
  await using emulator = await openEmulator();
  await using bridge = await openBridge({ shards: 1, variables: emulator.variables });
  const [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  const { id } = emulator.dashboard.createUser({ email_address: ["ada@example.com"] });
  const token = await signServiceToken({ sub: "back-office" });
  const body = JSON.stringify({ role: "admin" });
  expect((await callApi(api.url, `PUT /api/users/${id}/role`, { token, body })).status).toBe(200);
  await worker.waitUntilLogged("audit.relayed");
  const [record] = await readTopic(bridge.kafkaBrokers, bridge.auditTopic);
  expect(auditRecordSchema.parse(JSON.parse(record?.value ?? ""))).toMatchObject({
    action: "user.role_changed",
    outcome: "done",
    actor: { kind: "service", id: "back-office" },
    targetId: id,
    before: { role: "user" },
    after: { role: "admin" },
  });
  expect(await worker.metric("bridge_audit_relayed_total")).toBe(1);
});

async function openEmulator() {
  const emulator = await startClerkEmulator();
  return {
    dashboard: emulator.dashboard,
    variables: { CLERK_SECRET_KEY: emulator.secretKey, CLERK_API_URL: emulator.url, JWT_SECRET: serviceSecret },
    [Symbol.asyncDispose]: () => emulator.stop(),
  };
}
