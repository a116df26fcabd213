import { execa } from "execa";
import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { localFolder } from "../../../dev/stack/folders.ts";
import { installUnless } from "../../../dev/stack/install-with-apt.ts";
import { createKafka } from "../../support/kafka/read-topic.ts";
import { killWhileUsersChange, openExample, readUsers, startBridge } from "../../support/run-example.ts";

test(
  "python: killed while users change, the table has the users of the state topic, heals a gap and stops at a foreign record",
  { timeout: 240_000 },
  async () => {
    const python = await installPython();
    const running = await startBridge();
    const { bridge, emulator } = running;
    const example = await openExample("python", bridge, [python, "main.py"]);
    const ids = await killWhileUsersChange(running, () => example.start());
    expect(queryUsers(example.folder)).toEqual(await readUsers(bridge));

    expect(await uncommitted(bridge.kafkaBrokers, bridge.eventsTopic, `${bridge.eventsTopic}.python`)).toBe(0n);

    // A table that has lost two events of a user.
    change(example.folder, `UPDATE users SET sequence = 1, data = '{}' WHERE id = '${ids[9]}'`);
    emulator.dashboard.updateUser(String(ids[9]), { first_name: "Countess" });
    await emulator.webhooks.settled();
    await bridge.waitUntilIdle();
    const third = example.start();
    const key = String(ids[8]);
    await third.waitFor(`user.updated ${ids[9]} #4 Countess King`);
    emulator.dashboard.updateUser(key, { first_name: "Last" });
    await third.waitFor(`user.updated ${key} #4 Last King`);
    expect(queryUsers(example.folder)).toEqual(await readUsers(bridge));

    const producer = createKafka(bridge.kafkaBrokers).producer();
    await producer.connect();
    const [sent] = await producer.send({
      topic: bridge.eventsTopic,
      messages: [{ key, value: '{"eventType":"user.created"}' }],
    });
    await producer.disconnect();
    expect(await third.exited).toBe("exit code 1");
    const place = `${bridge.eventsTopic}/${sent?.partition}/${sent?.baseOffset}`;
    expect(await third.output()).toContain(`${place} is no event: $ breaks \`required\``);
  },
);

/** The number of records of the topic behind the group's committed offsets. */
async function uncommitted(brokers: readonly string[], topic: string, groupId: string): Promise<bigint> {
  const admin = createKafka(brokers).admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] });
  await admin.disconnect();
  const offsets = new Map(committed?.partitions.map(({ partition, offset }) => [partition, BigInt(offset)]));
  return ends.reduce((sum, { partition, high }) => sum + BigInt(high) - (offsets.get(partition) ?? 0n), 0n);
}

/** A virtual environment with the packages of the example, made once. */
async function installPython(): Promise<string> {
  await installUnless(["python3", "-c", "import ensurepip, venv"], ["python3", "python3-venv"]);
  const folder = join(localFolder, "python-example");
  const python = join(folder, "bin/python");
  const requirements = "examples/python/requirements.txt";
  if (!existsSync(join(folder, "complete"))) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(localFolder, { recursive: true });
    await execa("python3", ["-m", "venv", folder]);
  }
  await execa(python, ["-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", requirements]);
  await mkdir(join(folder, "complete"), { recursive: true });
  return python;
}

function queryUsers(folder: string) {
  using database = new DatabaseSync(join(folder, "users.sqlite"), { readOnly: true });
  return database
    .prepare("SELECT id, data FROM users WHERE data IS NOT NULL ORDER BY id")
    .all()
    .map(({ id, data }) => ({ id, data: JSON.parse(String(data)) }));
}

function change(folder: string, sql: string): void {
  using database = new DatabaseSync(join(folder, "users.sqlite"));
  database.exec(sql);
}
