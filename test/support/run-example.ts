import { type ClerkEmulator, startClerkEmulator } from "clerk-emulator";
import { parseUserState } from "@clerk-kafka-bridge/events";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { expect, onTestFinished } from "vitest";
import { createFreshFolder, repositoryFolder } from "../../dev/stack/folders.ts";
import { spawnTied } from "../../dev/stack/spawn-tied.ts";
import { waitFor } from "../../dev/stack/wait-for.ts";
import { type Bridge, openBridge } from "./bridge/bridge.ts";
import { readTopic } from "./kafka/read-topic.ts";

/** A bridge with a worker. Unless `connected` is false, Clerk's webhooks reach it. */
export async function startBridge({ connected = true } = {}): Promise<{ bridge: Bridge; emulator: ClerkEmulator }> {
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

export interface Example {
  /** The folder of its data. */
  readonly folder: string;
  /** Starts it as its README says, with these variables beside those of the bridge. */
  start(variables?: Readonly<Record<string, string>>, args?: readonly string[]): RunningExample;
}

interface RunningExample {
  /** Waits until it has printed `text`. Throws with its output when it ends before. */
  waitFor(text: string): Promise<void>;
  output(): Promise<string>;
  /** The reason of its exit. */
  readonly exited: Promise<string>;
  /** SIGTERM; resolves with the reason of its exit. */
  stop(): Promise<string>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/** An example with a folder of its own for its data. `command`: its program in its folder, with the first arguments. */
export async function openExample(
  name: string,
  bridge: Bridge,
  [program, ...firstArgs]: readonly [string, ...string[]] = [process.execPath, "main.ts"],
): Promise<Example> {
  const folder = await createFreshFolder();
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  let starts = 0;
  const start: Example["start"] = (variables = {}, args = []) => {
    starts += 1;
    const logFile = join(folder, `${starts}.log`);
    const { kill, stop, exited } = spawnTied(program, [...firstArgs, ...args], {
      logFile,
      cwd: join(repositoryFolder, "examples", name),
      env: {
        PATH: process.env["PATH"],
        HOME: process.env["HOME"],
        KAFKA_BROKERS: bridge.kafkaBrokers.join(","),
        KAFKA_EVENTS_TOPIC: bridge.eventsTopic,
        KAFKA_STATE_TOPIC: bridge.stateTopic,
        KAFKA_GROUP_ID: `${bridge.eventsTopic}.${name}`,
        DATA_FOLDER: join(folder, "data"),
        ...variables,
      },
    });
    onTestFinished(kill);
    const output = () => readFile(logFile, "utf8");
    return {
      output,
      exited,
      kill,
      stop: async () => {
        await stop();
        return await exited;
      },
      waitFor: async (text) => {
        let reason: string | undefined;
        void exited.then((exit) => (reason = exit));
        // A killed member leaves the group only when its session has timed out.
        const hasPrinted = async () => (await output()).includes(text) || reason !== undefined;
        try {
          await waitFor(`${name} prints "${text}"`, hasPrinted, { deadlineMs: 60_000 });
          if (!(await output()).includes(text)) throw new Error(`${name} ended (${reason})`);
        } catch (error) {
          throw new Error(`${name} has not printed "${text}":\n${await output()}`, { cause: error });
        }
      },
    };
  };
  return { folder: join(folder, "data"), start };
}

/** The living users of the state topic, in order of id, without the time of their latest update. */
export async function readUsers(bridge: Bridge) {
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

export const userOf = (index: number) => ({
  first_name: `Ada${index}`,
  last_name: "Lovelace",
  email_address: [`user${index}@example.com`],
});

/**
 * Runs an example that keeps a table of users: it is killed while ten users are renamed, three of them are deleted and the others renamed again
 * while it is dead, and it catches up. Resolves with the users' ids when it has printed the last change of each and has stopped.
 */
export async function killWhileUsersChange(
  { bridge, emulator }: { readonly bridge: Bridge; readonly emulator: ClerkEmulator },
  start: () => RunningExample,
): Promise<readonly string[]> {
  const ids = Array.from({ length: 10 }, (_, index) => emulator.dashboard.createUser(userOf(index)).id);
  const first = start();
  await first.waitFor("users has");
  for (const id of ids) emulator.dashboard.updateUser(id, { last_name: "King" });
  await first.waitFor("#2");
  await first.kill();
  for (const id of ids.slice(0, 3)) emulator.dashboard.deleteUser(id);
  for (const id of ids.slice(3)) emulator.dashboard.updateUser(id, { first_name: "Augusta" });
  await emulator.webhooks.settled();
  await bridge.waitUntilIdle();

  const second = start();
  for (const id of ids.slice(0, 3)) await second.waitFor(`user.deleted ${id} #3 (deleted)`);
  for (const id of ids.slice(3)) await second.waitFor(`user.updated ${id} #3 Augusta King`);
  expect(await second.stop()).toBe("exit code 0");
  return ids;
}

/** Runs one statement on the files of a PGlite whose program has ended. */
export async function queryPglite(folder: string, sql: string): Promise<unknown[]> {
  const database = await PGlite.create(folder);
  try {
    return (await database.query(sql)).rows;
  } finally {
    await database.close();
  }
}
