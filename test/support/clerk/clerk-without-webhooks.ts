import type { OptionalField, User } from "@clerk-kafka-bridge/events";
/// <reference lib="esnext.disposable" />
import { randomUUID } from "node:crypto";
import { type ClerkEmulator, startClerkEmulator } from "clerk-emulator";
import { readOptionalFields } from "../../../src/clerk/payloads/optional-fields.ts";
import { userFromJson, userJsonSchema } from "../../../src/clerk/payloads/user-json.ts";
import {
  type RunRequest,
  type RunState,
  createReconciliationQueue,
} from "../../../src/reconciliation/runs/reconciliation-queue.ts";
import { type Bridge, type BridgeOptions, openBridge } from "../bridge/bridge.ts";
import { expectExactlyOnce } from "../bridge/expect-exactly-once.ts";
import { type FaultyClerk, startFaultyClerk } from "./faulty-clerk.ts";
import type { TopicRecord } from "../kafka/read-topic.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

/** A bridge and a Clerk emulator whose webhooks are not connected. */
export interface ClerkWithoutWebhooks extends AsyncDisposable {
  readonly emulator: ClerkEmulator;
  /** The bridge calls Clerk through this proxy. */
  readonly proxy: FaultyClerk;
  readonly bridge: Bridge;
  /** Creates users in Clerk and returns their ids. */
  createUsers(count: number): string[];
  /** Requests a reconciliation run and waits for it. Rejects when the run fails permanently. */
  reconcile(request?: Partial<RunRequest>): Promise<Extract<RunState, { state: "done" }>>;
  /** Waits until no job is queued, and checks that the topics and the ledger contain Clerk's users and the deleted ones. */
  expectAllPublished(
    deleted?: readonly string[],
    eventFields?: readonly OptionalField[],
  ): Promise<readonly TopicRecord[]>;
}

/** Starts no process of the bridge. The grace period is zero, because all changes in tests are recent; so is the recheck time. */
export async function openClerkWithoutWebhooks({
  variables,
  ...options
}: Pick<BridgeOptions, "redisUrl" | "kafkaBrokers" | "variables"> = {}): Promise<ClerkWithoutWebhooks> {
  await using resources = new AsyncDisposableStack();
  const emulator = await startClerkEmulator({ webhook: { retryScale: 0.001 } });
  resources.defer(() => emulator.stop());
  const proxy = resources.use(await startFaultyClerk(emulator.url));
  const bridge = resources.use(
    await openBridge({
      ...options,
      variables: {
        CLERK_API_URL: proxy.url,
        CLERK_SECRET_KEY: emulator.secretKey,
        CLERK_WEBHOOK_SECRET: emulator.webhookSecret,
        CLERK_RATE_LIMIT: "1000",
        RECONCILE_GRACE_MS: "0",
        RECONCILE_DELETION_RECHECK_MS: "0",
        ...variables,
      },
    }),
  );
  const runs = createReconciliationQueue(bridge.redis, bridge.redisPrefix);
  resources.defer(() => runs.close());
  const owned = resources.move();
  return {
    emulator,
    proxy,
    bridge,
    createUsers: (count) =>
      Array.from({ length: count }, () => {
        const params = { first_name: "Ada", email_address: [`${randomUUID()}@example.com`] };
        return emulator.dashboard.createUser(params).id;
      }),
    reconcile: async (request) => {
      const id = await runs.ask({ kind: "recent", reason: "test", allDeletions: false, ...request });
      return waitFor(
        "the run is done",
        async () => {
          const run = await runs.find(id);
          if (run.state === "failed") throw new Error(run.reason);
          return run.state === "done" && run;
        },
        { deadlineMs: 30_000, intervalMs: 20 },
      );
    },
    expectAllPublished: async (deleted = [], eventFields = []) => {
      await bridge.waitUntilIdle();
      const users = emulator.dashboard.users().map((user) => [user.id, publishedOf(user, eventFields)] as const);
      return expectExactlyOnce(bridge, new Map([...users, ...deleted.map((id) => [id, undefined] as const)]));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The user as the bridge publishes it. */
const publishedOf = (user: object, eventFields: readonly OptionalField[]): User => ({
  ...userFromJson(userJsonSchema.parse(user)),
  ...readOptionalFields({ ...user }, eventFields).read,
});
