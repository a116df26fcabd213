import { expect, test } from "vitest";
import { z } from "zod";
import { waitFor } from "../../../dev/stack/wait-for.ts";
import { openBridge } from "../../support/bridge/bridge.ts";
import { clerkUserJson, makeUser, userMessage, writeMessage } from "../../support/clerk/clerk-messages.ts";
import { openClerkWithoutWebhooks } from "../../support/clerk/clerk-without-webhooks.ts";
import { sendAll, webhookSecret } from "../../support/clerk/send-webhook.ts";

const statusSchema = z.object({
  waiting: z.number(),
  oldestAgeMs: z.number(),
  users: z.number(),
  deadLetters: z.number(),
  kafka: z.union([z.literal(true), z.string()]),
  processes: z.array(
    z.object({
      program: z.string(),
      pid: z.number(),
      events: z.number(),
      webhooks: z.object({ received: z.number() }),
    }),
  ),
  shards: z.array(
    z.object({
      owner: z.string().optional(),
      waiting: z.number(),
      checkpoint: z.string().optional(),
      behind: z.number().optional(),
    }),
  ),
});

test("`status` shows the backlog while no worker runs, then who owns each shard, and forgets a killed process", async () => {
  await using bridge = await openBridge({ shards: 2 });
  const status = async () => {
    const { output, reason } = await bridge.runCommand("status", "--json");
    return { reason, ...statusSchema.parse(JSON.parse(output.slice(output.indexOf("{")))) };
  };
  const api = await bridge.startApi();
  const messages = Array.from({ length: 10 }, (_, index) => userMessage("user.created", makeUser(), index + 1).message);
  const unreadable = writeMessage("user.created", { object: "user" });
  await sendAll(api.url, [...messages, unreadable], 1);
  const before = await status();
  expect(before).toMatchObject({ reason: "exit code 2", users: 0, deadLetters: 1, kafka: true });
  expect(before.waiting).toBeGreaterThan(0);
  expect(before.oldestAgeMs).toBeGreaterThan(0);
  expect(before.shards.map(({ owner }) => owner)).toEqual([undefined, undefined]);

  const worker = await bridge.startWorker();
  await bridge.waitUntilIdle();
  await waitFor("both programs have reported", async () => {
    const { processes } = await status();
    return processes.some(({ events }) => events === 10) && processes.some(({ webhooks }) => webhooks.received === 11);
  });
  const running = await status();
  expect(running).toMatchObject({ reason: "exit code 0", waiting: 0, oldestAgeMs: 0, users: 10, deadLetters: 1 });
  expect(running.processes.map(({ program, pid }) => [program, pid])).toEqual([
    ["api", api.pid],
    ["worker", worker.pid],
  ]);
  for (const { owner, behind } of running.shards) {
    expect(owner).toMatch(new RegExp(`/${worker.pid}$`));
    expect(behind).toBe(0);
  }

  await worker.kill();
  await waitFor("the killed worker is forgotten", async () => (await status()).reason === "exit code 2", {
    deadlineMs: 30_000,
  });
  const stopped = await bridge.runCommand("status");
  expect(stopped.output).toMatch(/^ +0 {2}none/m);
  await api.stop();
  await waitFor("the stopped API is gone at once", async () => (await status()).processes.length === 0);
});

test("`user` shows state, events and what Clerk says, hides personal data, and exits with 2 when they differ", async () => {
  await using clerk = await openClerkWithoutWebhooks({ variables: { CLERK_WEBHOOK_SECRET: webhookSecret } });
  const { bridge, emulator } = clerk;
  await Promise.all([bridge.startApi(), bridge.startWorker()]);
  const { id } = emulator.dashboard.createUser({ first_name: "Ada", email_address: ["ada@example.com"] });
  expect(await bridge.runCommand("user", id)).toMatchObject({
    output: expect.stringContaining("missing in the ledger"),
    reason: "exit code 2",
  });

  await clerk.reconcile();
  emulator.dashboard.updateUser(id, { first_name: "Grace" });
  await clerk.reconcile();
  await bridge.waitUntilIdle();
  const { output, reason } = await bridge.runCommand("user", "ada@example.com");
  expect(reason).toBe("exit code 0");
  expect(output).toMatch(/ 1 {2}\S+Z {2}user\.created {2}reconciliation .*"firstName":"A…"/);
  expect(output).toMatch(/ 2 {2}\S+Z {2}user\.updated {2}reconciliation {2}\{"firstName":"G…"\}/);
  expect(output).toContain("as published");
  expect(output).not.toMatch(/Grace|ada@/);
  expect((await bridge.runCommand("user", id, "--reveal")).output).toContain('"firstName":"Grace"');

  emulator.dashboard.updateUser(id, { first_name: "Joan" });
  expect(await bridge.runCommand("user", id)).toMatchObject({
    output: expect.stringContaining("the ledger differs from Clerk in firstName"),
    reason: "exit code 2",
  });
  expect(await bridge.runCommand("user", "user_unknown")).toMatchObject({ reason: "exit code 2" });
  expect(await bridge.runCommand("user", "unknown@example.org")).toEqual({
    output: "Clerk has no user with this email address.\n",
    reason: "exit code 1",
  });
});

test("`user` shows the messages that wait for a worker and the dead letters of the user, also while Clerk is unavailable", async () => {
  await using bridge = await openBridge({ shards: 1 });
  const api = await bridge.startApi();
  const user = makeUser();
  const waiting = userMessage("user.created", user, 1).message;
  await sendAll(api.url, [waiting], 1);
  const { output } = await bridge.runCommand("user", user.id);
  expect(output).toContain(`user.created  ${waiting.id}, received`);
  expect(output).toMatch(/Clerk now\n {2}unavailable: /);

  const worker = await bridge.startWorker();
  const malformed = writeMessage("user.updated", { ...clerkUserJson(user, 2), created_at: "never" });
  await sendAll(api.url, [malformed], 1);
  await bridge.waitUntilIdle();
  const later = await bridge.runCommand("user", user.id);
  expect(later.output).toContain(`${malformed.id}  created_at: invalid_type`);
  expect(later.output).not.toContain(`${waiting.id}, received`);
  expect(await worker.stop()).toBe("exit code 0");
});
