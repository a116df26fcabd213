import { PGlite } from "@electric-sql/pglite";
import { type ClerkEmulator, startClerkEmulator } from "clerk-emulator";
import { parseUserState } from "@clerk-kafka-bridge/events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createFreshFolder } from "../../dev/stack/folders.ts";
import { waitFor } from "../../dev/stack/wait-for.ts";
import { spawnScript } from "../support/bridge/bridge-process.ts";
import { type Bridge, openBridge } from "../support/bridge/bridge.ts";
import { readTopic } from "../support/kafka/read-topic.ts";
import { startPostgres } from "../support/start-postgres.ts";

// Each example as its README starts it, against a bridge whose users change.

test.each([
  {
    name: "PGlite",
    open: async (folder: string) => ({
      variables: {},
      read: (sql: string) => queryPglite(folder, sql),
    }),
  },
  {
    name: "PostgreSQL",
    open: async () => {
      const postgres = await startPostgres();
      const read = async (sql: string): Promise<unknown[]> => (await postgres.pool.query(sql)).rows;
      return { variables: { DATABASE_URL: postgres.url }, read };
    },
  },
])(
  "postgres-table with $name: killed while users change, the table has the users of the state topic",
  async ({ open }) => {
    const { bridge, emulator } = await startBridge();
    const ids = Array.from({ length: 10 }, (_, index) => emulator.dashboard.createUser(userOf(index)).id);
    const example = await openExample("postgres-table", bridge);
    const { variables, read } = await open(example.folder);

    const first = example.start(variables);
    await first.waitFor("clerk_users has");
    for (const id of ids) emulator.dashboard.updateUser(id, { last_name: "King" });
    await first.waitFor("#2");
    await first.kill();
    for (const id of ids.slice(0, 3)) emulator.dashboard.deleteUser(id);
    for (const id of ids.slice(3)) emulator.dashboard.updateUser(id, { first_name: "Augusta" });
    await emulator.webhooks.settled();
    await bridge.waitUntilIdle();

    const second = example.start(variables);
    for (const id of ids.slice(0, 3)) await second.waitFor(`user.deleted ${id} #3 (deleted)`);
    for (const id of ids.slice(3)) await second.waitFor(`user.updated ${id} #3 Augusta King`);
    expect(await second.stop()).toBe("exit code 0");

    const rows = await read("SELECT id, data FROM clerk_users WHERE NOT deleted ORDER BY id");
    expect(rows).toEqual(await readUsers(bridge));
    expect(rows).toHaveLength(7);
  },
);

test("welcome-mail: each new user gets one mail in spite of a restart, and a user of a backfill gets none", async () => {
  const { bridge, emulator } = await startBridge({ connected: false });
  emulator.dashboard.createUser(userOf(0));
  expect(await bridge.runCommand("backfill")).toMatchObject({ reason: "exit code 0" });
  const example = await openExample("welcome-mail", bridge);
  const first = example.start();
  await first.waitFor("waiting for new users");

  const { url } = await bridge.startApi();
  emulator.webhooks.connect({ url: `${url}/webhooks/clerk`, secret: emulator.webhookSecret });
  const { id } = emulator.dashboard.createUser(userOf(1));
  await first.waitFor("To: user1@example.com");
  await first.kill();
  emulator.dashboard.updateUser(id, { first_name: "Augusta" });
  emulator.dashboard.createUser(userOf(2));
  const second = example.start();
  await second.waitFor("To: user2@example.com");
  expect(await second.stop()).toBe("exit code 0");

  expect(await queryPglite(example.folder, "SELECT recipient, text FROM mails ORDER BY recipient")).toEqual([
    { recipient: "user1@example.com", text: "Welcome, Ada1!" },
    { recipient: "user2@example.com", text: "Welcome, Ada2!" },
  ]);
});

const userOf = (index: number) => ({
  first_name: `Ada${index}`,
  last_name: "Lovelace",
  email_address: [`user${index}@example.com`],
});

/** A bridge with a worker. Unless `connected` is false, Clerk's webhooks reach it. */
async function startBridge({ connected = true } = {}): Promise<{ bridge: Bridge; emulator: ClerkEmulator }> {
  const emulator = await startClerkEmulator();
  onTestFinished(() => emulator.stop());
  const bridge = await openBridge({
    variables: {
      CLERK_API_URL: emulator.url,
      CLERK_SECRET_KEY: emulator.secretKey,
      CLERK_WEBHOOK_SECRET: emulator.webhookSecret,
    },
  });
  onTestFinished(() => bridge[Symbol.asyncDispose]());
  await bridge.startWorker();
  if (connected) {
    const { url } = await bridge.startApi();
    emulator.webhooks.connect({ url: `${url}/webhooks/clerk`, secret: emulator.webhookSecret });
  }
  return { bridge, emulator };
}

/** An example with a folder of its own for its data. */
async function openExample(name: string, bridge: Bridge) {
  const folder = await createFreshFolder();
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  let starts = 0;
  const start = (variables: Readonly<Record<string, string>> = {}) => {
    starts += 1;
    const program = spawnScript({
      script: `examples/${name}/main.ts`,
      variables: {
        KAFKA_BROKERS: bridge.kafkaBrokers.join(","),
        KAFKA_EVENTS_TOPIC: bridge.eventsTopic,
        KAFKA_STATE_TOPIC: bridge.stateTopic,
        KAFKA_GROUP_ID: `${bridge.eventsTopic}.${name}`,
        DATA_FOLDER: join(folder, "data"),
        ...variables,
      },
      logFile: join(folder, `${starts}.log`),
    });
    onTestFinished(program.kill);
    return {
      kill: program.kill,
      stop: async () => {
        await program.stop();
        return await program.exited;
      },
      waitFor: async (text: string) => {
        // A killed member leaves the group only when its session has timed out.
        const printed = waitFor(`${name} prints "${text}"`, async () => (await program.output()).includes(text), {
          deadlineMs: 60_000,
        });
        const ended = program.exited.then(async (reason) => {
          throw new Error(`${name} ended (${reason}):\n${await program.output()}`);
        });
        ended.catch(() => {}); // After the text the program may end.
        await Promise.race([printed, ended]);
      },
    };
  };
  return { folder: join(folder, "data"), start };
}

async function queryPglite(folder: string, sql: string): Promise<unknown[]> {
  const database = await PGlite.create(folder);
  try {
    return (await database.query(sql)).rows;
  } finally {
    await database.close();
  }
}

/** The living users of the state topic, in the shape of the table. */
async function readUsers(bridge: Bridge) {
  const users = new Map<string, unknown>();
  for (const record of await readTopic(bridge.kafkaBrokers, bridge.stateTopic)) {
    const parsed = parseUserState(record);
    if (parsed.outcome === "user") {
      const { updatedAt: _, ...data } = parsed.user;
      users.set(parsed.userId, data);
    }
    if (parsed.outcome === "deleted") users.delete(parsed.userId);
  }
  return [...users].map(([id, data]) => ({ id, data })).toSorted((one, other) => (one.id < other.id ? -1 : 1));
}
