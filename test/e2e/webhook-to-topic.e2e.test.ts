import { userCreatedSchema, userDeletedSchema, userUpdatedSchema } from "@clerk-kafka-bridge/events";
import { createClerkClient } from "@clerk/backend";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ClerkEmulator, startClerkEmulator } from "clerk-emulator";
import type { BridgeProcess } from "../support/bridge/bridge-process.ts";
import { type Bridge, openBridge } from "../support/bridge/bridge.ts";
import { followTopic, type TopicFollower, type TopicRecord } from "../support/kafka/read-topic.ts";
import { waitFor } from "../../dev/stack/wait-for.ts";

// The whole pipeline with an emulator in Clerk's place: change in Clerk → signed webhook → API → queue → worker → Kafka →
// read_committed consumer.
const resources = new AsyncDisposableStack();
let emulator: ClerkEmulator;
let bridge: Bridge;
let worker: BridgeProcess;
let consumer: TopicFollower;

beforeAll(async () => {
  emulator = await startClerkEmulator();
  resources.defer(() => emulator.stop());
  bridge = resources.use(
    await openBridge({
      variables: {
        CLERK_API_URL: emulator.url,
        CLERK_SECRET_KEY: emulator.secretKey,
        CLERK_WEBHOOK_SECRET: emulator.webhookSecret,
      },
    }),
  );
  const api = await bridge.startApi();
  worker = await bridge.startWorker();
  emulator.webhooks.connect({ url: `${api.url}/webhooks/clerk`, secret: emulator.webhookSecret });
  consumer = resources.use(await followTopic(bridge.kafkaBrokers, bridge.eventsTopic));
});
afterAll(() => resources.disposeAsync());

test("creation, update and deletion of a user each publish one event with the documented value and headers", async () => {
  const created = emulator.dashboard.createUser({
    first_name: "Ada",
    last_name: "Lovelace",
    username: "lovelace",
    email_address: ["ada@example.com", "ada@engines.example"],
    public_metadata: { role: "admin" },
    private_metadata: { salary: 1 },
  });
  const [creation] = await waitForEvents(created.id, 1);
  const creationEvent = userCreatedSchema.strict().parse(JSON.parse(String(creation?.value)));
  expect(creationEvent).toEqual({
    eventId: expect.any(String),
    eventType: "user.created",
    timestamp: new Date(created.created_at).toISOString(),
    data: {
      id: created.id,
      firstName: "Ada",
      lastName: "Lovelace",
      username: "lovelace",
      emailAddress: ["ada@example.com", "ada@engines.example"],
      role: "admin",
    },
  });
  expectHeaders(creation, creationEvent, 1);

  const clerk = createClerkClient({ secretKey: emulator.secretKey, apiUrl: emulator.url });
  const updated = await clerk.users.updateUser(created.id, { lastName: "King" });
  const [, update] = await waitForEvents(created.id, 2);
  const updateEvent = userUpdatedSchema.strict().parse(JSON.parse(String(update?.value)));
  expect(updateEvent).toEqual({
    eventId: expect.any(String),
    eventType: "user.updated",
    timestamp: new Date(updated.updatedAt).toISOString(),
    data: { id: created.id, changes: { lastName: "King" } },
  });
  expectHeaders(update, updateEvent, 2);

  await clerk.users.deleteUser(created.id);
  const [, , deletion] = await waitForEvents(created.id, 3);
  const deletionEvent = userDeletedSchema.strict().parse(JSON.parse(String(deletion?.value)));
  expect(deletionEvent).toEqual({
    eventId: expect.any(String),
    eventType: "user.deleted",
    timestamp: expect.any(String),
    data: { id: created.id, emailAddress: ["ada@example.com", "ada@engines.example"] },
  });
  expectHeaders(deletion, deletionEvent, 3);

  await expectNoMoreEvents(created.id, 3);
});

test("a sign-in, which Clerk reports as an update of the user, publishes no event", async () => {
  const unchangedBefore = await worker.metric("bridge_messages_decided_total", { outcome: "unchanged" });
  const user = emulator.dashboard.createUser({ email_address: ["grace@example.com"] });
  await waitForEvents(user.id, 1);
  emulator.dashboard.signIn(user.id);
  await expectNoMoreEvents(user.id, 1);
  expect(
    emulator.webhooks
      .messages()
      .filter(({ userId }) => userId === user.id)
      .map(({ type }) => type),
  ).toEqual(expect.arrayContaining(["user.created", "user.updated", "session.created"]));
  expect(await worker.metric("bridge_messages_decided_total", { outcome: "unchanged" })).toBe(unchangedBefore + 1);
});

const eventsOf = (userId: string) => consumer.records.filter(({ key }) => key === userId);

async function waitForEvents(userId: string, count: number): Promise<TopicRecord[]> {
  await waitFor(`${count} events of ${userId}`, () => eventsOf(userId).length >= count, { deadlineMs: 20_000 });
  return eventsOf(userId);
}

/** Waits until every webhook is processed and every record read, and checks that the user has no further event. */
async function expectNoMoreEvents(userId: string, count: number): Promise<void> {
  await emulator.webhooks.settled();
  await bridge.waitUntilIdle();
  await consumer.readToEnd();
  expect(eventsOf(userId)).toHaveLength(count);
}

function expectHeaders(
  record: TopicRecord | undefined,
  event: { eventId: string; eventType: string; timestamp: string; data: { id: string } },
  sequence: number,
): void {
  const message = emulator.webhooks
    .messages()
    .find(({ type, userId }) => type === event.eventType && userId === event.data.id);
  expect(record?.headers).toEqual({
    ce_specversion: "1.0",
    ce_id: event.eventId,
    ce_type: event.eventType,
    ce_source: "/clerk-kafka-bridge",
    ce_dataschema: `urn:clerk-kafka-bridge:${event.eventType}:1`,
    ce_subject: event.data.id,
    ce_time: event.timestamp,
    ce_sequence: String(sequence),
    ce_origin: "webhook",
    "content-type": "application/json",
    "svix-id": message?.id,
    traceparent: expect.stringMatching(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/),
  });
}
