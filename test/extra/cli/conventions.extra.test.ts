import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findFreePort } from "../../../dev/stack/free-port.ts";
import { repositoryFolder } from "../../../dev/stack/folders.ts";
import type { Bridge } from "../../support/bridge/bridge.ts";
import { makeUser, userMessage } from "../../support/clerk/clerk-messages.ts";
import { openClerkWithoutWebhooks, type ClerkWithoutWebhooks } from "../../support/clerk/clerk-without-webhooks.ts";
import { send, webhookSecret } from "../../support/clerk/send-webhook.ts";

const resources = new AsyncDisposableStack();
let clerk: ClerkWithoutWebhooks;
let bridge: Bridge;
beforeAll(async () => {
  clerk = resources.use(await openClerkWithoutWebhooks({ variables: { CLERK_WEBHOOK_SECRET: webhookSecret } }));
  ({ bridge } = clerk);
  const [api] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  await Promise.all(
    Array.from({ length: 20 }, (_, index) => send(api.url, userMessage("user.created", makeUser(), index + 1).message)),
  );
  await bridge.waitUntilIdle();
});
afterAll(() => resources.disposeAsync());

/** Every command that runs without a question, with arguments that make it succeed or find problems. */
const commands = [
  ["status"],
  ["user", "user_unknown"],
  ["doctor"],
  ["dlq", "list"],
  ["dlq", "drop", "msg_unknown", "--yes"],
  ["replay", "--from", "beginning", "--to-topic", "a-copy"],
  ["rebuild", "--yes"],
  ["backfill", "--dry-run"],
  ["reconcile"],
  ["verify"],
  ["users", "restore", "user_unknown"],
  ["reshard", "--to", "4", "--dry-run"],
] as const;

describe("every command", () => {
  test.for(commands)("%s prints one JSON document with --json, and nothing else on standard output", async (args) => {
    const { stdout, exitCode } = await run([...args, "--json"]);
    expect(() => void JSON.parse(stdout)).not.toThrow("JSON");
    expect([0, 2]).toContain(exitCode);
  });

  test.for(commands)("%s exits with 3 and one line when Redis is unavailable", async (args) => {
    const port = await findFreePort();
    const { stdout, stderr, exitCode } = await run(args, { REDIS_URL: `redis://127.0.0.1:${port}` });
    expect({ stdout, stderr, exitCode }).toEqual({
      stdout: "",
      stderr: expect.stringMatching(/^Redis is unavailable: .*ECONNREFUSED.*$/),
      exitCode: 3,
    });
  });
});

test.for([["doctor"], ["verify"], ["status"], ["replay", "--from", "beginning", "--to-topic", "a-copy"]] as const)(
  "%s exits with 3 when Kafka is unavailable",
  async (args) => {
    const port = await findFreePort();
    expect((await run(args, { KAFKA_BROKERS: `127.0.0.1:${port}` })).exitCode).toBe(3);
  },
);

test.for([
  [
    ["dlq", "list", "--limit", "x"],
    "option '--limit <n>' argument 'x' is invalid. It must be a whole number from 1 to 10000.",
  ],
  [
    ["dlq", "list", "--offset", "-1"],
    "option '--offset <n>' argument '-1' is invalid. It must be a whole number from 0 on.",
  ],
  [
    ["reshard", "--to", "many"],
    "option '--to <n>' argument 'many' is invalid. It must be a whole number from 1 to 1000.",
  ],
  [["rebuild", "--yes", "--shard", "9"], "There is no shard 9."],
  [["replay", "--from", "soon", "--to-topic", "x"], "--from soon: neither `beginning`, nor an offset"],
] as const)("a bad argument gets a sentence and the exit code 1: %s", async ([args, message]) => {
  const { stderr, exitCode } = await run(args);
  expect({ stderr, exitCode }).toEqual({ stderr: expect.stringContaining(message), exitCode: 1 });
});

test("a command asks only for the settings that it uses", async () => {
  const useless = {
    KAFKA_BROKERS: "",
    KAFKA_SASL_MECHANISM: "nonsense",
    CLERK_SECRET_KEY: "",
    DEAD_LETTER_RETENTION_MS: "7",
  };
  expect(await run(["dlq", "list"], useless)).toMatchObject({ stdout: "0 in total", exitCode: 0 });
  expect(await run(["rebuild", "--yes"], { ...useless, DEAD_LETTER_RETENTION_MS: "never" })).toMatchObject({
    exitCode: 0,
  });
  expect(await run(["verify"], useless)).toMatchObject({
    stderr: expect.stringContaining("KAFKA_SASL_MECHANISM"),
    exitCode: 1,
  });
});

test("a closed pipe ends a command quietly", async () => {
  const { stdout, stderr } = await execa(
    "sh",
    [
      "-c",
      `"$0" --disable-warning=TimeoutNegativeWarning cli/main.ts tail --beginning --json | head -n 1`,
      process.execPath,
    ],
    { cwd: repositoryFolder, env: environment(), extendEnv: false, timeout: 20_000 },
  );
  expect(JSON.parse(stdout)).toMatchObject({ eventType: "user.created" });
  expect(stderr).toBe("");
});

test("colours are used on a terminal, and never with NO_COLOR", async () => {
  const escape = "\u001B[";
  expect((await run(["status"], { FORCE_COLOR: "1" })).stdout).toContain(escape);
  expect((await run(["status"], { NO_COLOR: "1" })).stdout).not.toContain(escape);
  expect((await run(["status"])).stdout).not.toContain(escape);
});

test("the shells complete commands and options", async () => {
  for (const shell of ["bash", "zsh", "fish"]) expect((await run(["complete", shell])).stdout).toContain("bridge");
  expect((await run(["complete", "--", "dlq", ""])).stdout).toMatch(/^list\t.*\nshow\t.*\nretry\t.*\ndrop\t/);
  expect((await run(["complete", "--", "verify", "--"])).stdout).toContain("--json");
});

const environment = (more: Readonly<Record<string, string>> = {}) => ({
  PATH: process.env["PATH"],
  ...bridge.variables,
  ...more,
});

/** Runs `bridge <args>` and keeps its two outputs apart. */
const run = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
  execa(process.execPath, ["--disable-warning=TimeoutNegativeWarning", "cli/main.ts", ...args], {
    cwd: repositoryFolder,
    env: environment(more),
    extendEnv: false,
    reject: false,
    input: "",
  });
