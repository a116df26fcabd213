import type { OptionalField, User } from "@clerk-kafka-bridge/events";
import { type ClerkEmulator } from "clerk-emulator";
import { expect, test } from "vitest";
import { waitFor } from "../../../dev/stack/wait-for.ts";
import { optionalFields } from "../../../src/domain/user.ts";
import { openClerkWithoutWebhooks } from "../../support/clerk/clerk-without-webhooks.ts";
import { readTopic, type TopicRecord } from "../../support/kafka/read-topic.ts";

const valueOf = ({ value }: TopicRecord) => JSON.parse(String(value));

test(
  "a change of EVENT_FIELDS reaches each of 1,000 users once at the next full sweep, although workers are killed",
  { timeout: 120_000 },
  async () => {
    await using clerk = await openClerkWithoutWebhooks();
    const { bridge, emulator } = clerk;
    const ids = Array.from({ length: 1_000 }, (_, at) => createUser(emulator, at));
    /** A full sweep that kills its workers, each when this number of users have these fields. */
    const sweep = async (fields: readonly OptionalField[], kills: readonly number[]) => {
      bridge.configure({ EVENT_FIELDS: fields.join(",") });
      const run = clerk.reconcile({ kind: "full" });
      const isCurrent = (user: User | undefined) =>
        user !== undefined && optionalFields.every((field) => field in user === fields.includes(field));
      for (const users of kills) {
        const worker = await bridge.startWorker();
        const hasUsers = async () => [...(await bridge.readLedger()).values()].filter(isCurrent).length >= users;
        await waitFor(`${users} users have ${fields.join(",")}`, hasUsers, { deadlineMs: 40_000, intervalMs: 10 });
        await worker.kill();
      }
      const worker = await bridge.startWorker();
      await run;
      await bridge.waitUntilIdle();
      await worker.stop();
    };

    const first = await bridge.startWorker();
    await clerk.reconcile({ kind: "full" });
    await bridge.waitUntilIdle();
    await first.stop();
    await clerk.expectAllPublished();

    const added = ["externalId", "publicMetadata", "createdAt"] as const;
    await sweep(added, [1, 600]);
    const events = await clerk.expectAllPublished([], added);
    expect(events).toHaveLength(2_000);
    const updates = events.filter(({ headers }) => headers["ce_type"] === "user.updated");
    expect(new Set(updates.map(({ key }) => key))).toEqual(new Set(ids));
    expect(new Set(updates.map(({ headers }) => headers["ce_origin"]))).toEqual(new Set(["fields-added"]));
    for (const update of updates) expect(Object.keys(valueOf(update).data.changes)).toEqual(added);

    await sweep(["externalId"], [300]);
    expect(await readTopic(bridge.kafkaBrokers, bridge.eventsTopic)).toHaveLength(2_000);
    const last = new Map(
      (await readTopic(bridge.kafkaBrokers, bridge.stateTopic)).map((record) => [record.key, record]),
    );
    expect(new Set(last.keys())).toEqual(new Set(ids));
    for (const state of last.values()) {
      expect(valueOf(state)).toMatchObject({ externalId: `crm-${ids.indexOf(state.key)}` });
      expect(valueOf(state)).not.toHaveProperty("publicMetadata");
      expect(state.headers).toMatchObject({ ce_sequence: "2", bridge_fields: "externalId" });
    }
    expect(await bridge.runCommand("verify")).toMatchObject({ output: expect.stringContaining("nothing differs") });
    bridge.configure({ EVENT_FIELDS: "externalId,banned" });
    expect(await bridge.runCommand("verify")).toMatchObject({
      output: expect.stringContaining("the ledger differs from Clerk in banned"),
      reason: "exit code 2",
    });
  },
);

test(
  "an API without the worker's EVENT_FIELDS costs requests to Clerk, and no field",
  { timeout: 60_000 },
  async () => {
    await using clerk = await openClerkWithoutWebhooks();
    const { bridge, emulator } = clerk;
    const fields = ["externalId", "locked"] as const;
    const { url } = await bridge.startApi();
    const worker = await bridge.startWorker({ EVENT_FIELDS: fields.join(",") });
    emulator.webhooks.connect({ url: `${url}/webhooks/clerk`, secret: emulator.webhookSecret });
    const id = createUser(emulator, 1);
    await emulator.webhooks.settled();
    await bridge.waitUntilIdle();
    emulator.dashboard.updateUser(id, { external_id: "crm-2" });
    await emulator.webhooks.settled();
    const events = await clerk.expectAllPublished([], fields);
    expect(events.map(({ headers }) => [headers["ce_type"], headers["ce_origin"]])).toEqual([
      ["user.created", "webhook"],
      ["user.updated", "webhook"],
    ]);
    expect(await worker.output()).toContain("batch.partial_messages");
  },
);

test(
  "with every field in EVENT_FIELDS, changes in Clerk reach Kafka by webhook with them",
  { timeout: 60_000 },
  async () => {
    await using clerk = await openClerkWithoutWebhooks({ variables: { EVENT_FIELDS: optionalFields.join(",") } });
    const { bridge, emulator } = clerk;
    const { url } = await bridge.startApi();
    const worker = await bridge.startWorker();
    emulator.webhooks.connect({ url: `${url}/webhooks/clerk`, secret: emulator.webhookSecret });
    const id = createUser(emulator, 1);
    await emulator.webhooks.settled();
    await bridge.waitUntilIdle();
    emulator.dashboard.updateMetadata(id, { public_metadata: { plan: "pro" } });
    await emulator.webhooks.settled();
    const [creation, update] = await clerk.expectAllPublished([], optionalFields);
    expect(creation && valueOf(creation).data).toMatchObject({ externalId: "crm-1", banned: false, phoneNumbers: [] });
    expect(update && valueOf(update).data.changes).toEqual({ publicMetadata: { plan: "pro" } });
    expect(await worker.output()).not.toContain("batch.partial_messages");
  },
);

const createUser = (emulator: ClerkEmulator, at: number): string =>
  emulator.dashboard.createUser({
    first_name: "Ada",
    email_address: [`user${at}@example.com`],
    external_id: `crm-${at}`,
    public_metadata: { plan: { seats: at } },
  }).id;
