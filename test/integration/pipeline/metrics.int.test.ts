import { expect, test } from "vitest";
import { documentedMetrics } from "../../../dev/docs/render-metrics.ts";
import { programVersion } from "../../../src/shared/program-config.ts";
import { openBridge } from "../../support/bridge/bridge.ts";
import {
  clerkUserJson,
  makeUser,
  deletionMessage,
  userMessage,
  versionOf,
  writeMessage,
} from "../../support/clerk/clerk-messages.ts";
import { sendAll } from "../../support/clerk/send-webhook.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

test("both programs and the command line say which release they are", async () => {
  await using bridge = await openBridge({ shards: 1 });
  const running = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  const labels = { version: programVersion, node: process.version };
  const infos = running.map((program) => program.metric("bridge_build_info", labels));
  expect(await Promise.all(infos)).toEqual([1, 1]);
  expect(await bridge.runCommand("--version")).toEqual({ output: `${programVersion}\n`, reason: "exit code 0" });
});

test("docs/operations.md lists the metrics that the running programs serve, with their types and help", async () => {
  await using bridge = await openBridge({ shards: 1 });
  const [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  const served = async (program: "api" | "worker", url: string) => {
    const text = await (await fetch(`${url}/metrics`)).text();
    return [...text.matchAll(/^# HELP (bridge_\S+) (.*)\n# TYPE \S+ (\S+)/gm)]
      .map(([, name, help, type]) => ({ program, name, help, type }))
      .toSorted((a, b) => String(a.name).localeCompare(String(b.name)));
  };
  const documented = (program: "api" | "worker") =>
    documentedMetrics()
      .filter(({ programs }) => programs.includes(program))
      .map(({ name, help, type }) => ({ program, name, help, type }));
  expect(await served("api", api.url)).toEqual(documented("api"));
  expect(await served("worker", worker.url)).toEqual(documented("worker"));
});

test("the metrics count the outcome of every message", async () => {
  await using bridge = await openBridge({ shards: 1 });
  const [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  const user = makeUser();
  const renamed = makeUser({ id: user.id, firstName: "Grace" });
  const created = userMessage("user.created", user, 1).message;
  const messages = [
    created,
    userMessage("user.updated", user, 2).message,
    userMessage("user.updated", renamed, 3).message,
    userMessage("user.updated", user, 2).message,
    deletionMessage(user.id).message,
    deletionMessage(user.id).message,
    writeMessage("user.updated", { ...clerkUserJson(user, versionOf(4)), created_at: "never" }),
    writeMessage("organization.created", { id: "org_1", object: "organization" }),
  ];
  // One batch at a time, because a batch orders its messages by version.
  for (const message of messages) {
    await sendAll(api.url, [message]);
    await bridge.waitUntilIdle();
  }
  const decided = (outcome: string) => worker.metric("bridge_messages_decided_total", { outcome });
  await waitFor("the last message is counted", async () => (await worker.metric("bridge_batch_messages_sum")) === 7);

  expect(await Promise.all(["publish", "unchanged", "stale", "duplicate", "malformed"].map(decided))).toEqual([
    3, 1, 1, 1, 1,
  ]);
  const committed = (type: string) => worker.metric("bridge_events_committed_total", { type });
  expect(await Promise.all(["user.created", "user.updated", "user.deleted"].map(committed))).toEqual([1, 1, 1]);
  expect(await worker.metric("bridge_end_to_end_seconds_count")).toBe(3);
  expect(await worker.metric("bridge_messages_dead_lettered_total")).toBe(1);
  expect(await worker.metric("bridge_transaction_seconds_count")).toBeGreaterThan(0);
  expect(await worker.metric("bridge_restore_seconds_count")).toBe(1);

  expect(await api.metric("bridge_webhooks_received_total")).toBe(8);
  expect(await api.metric("bridge_webhooks_accepted_total", { outcome: "queued" })).toBe(7);
  expect(await api.metric("bridge_webhooks_accepted_total", { outcome: "ignored" })).toBe(1);
  expect(await api.metric("bridge_queue_write_seconds_count")).toBe(7);
});

test("the backlog is the same in the metrics of API and worker: jobs, their age, and dead letters of both programs", async () => {
  await using bridge = await openBridge({ shards: 2 });
  const api = await bridge.startApi();
  const sent = Array.from({ length: 5 }, (_, index) => userMessage("user.created", makeUser(), index + 1).message);
  await sendAll(api.url, [...sent, writeMessage("user.created", { object: "user" })]);
  await waitFor("a job is two seconds old", async () => (await api.metric("bridge_queue_oldest_job_age_seconds")) > 2);
  expect(await api.metric("bridge_queue_waiting_jobs")).toBe(await bridge.countJobs());
  expect(await api.metric("bridge_queue_waiting_jobs")).toBeGreaterThan(0);

  const worker = await bridge.startWorker();
  const wrong = writeMessage("user.created", { ...clerkUserJson(makeUser(), 1), created_at: "never" });
  await sendAll(api.url, [wrong]);
  await bridge.waitUntilIdle();
  for (const program of [api, worker]) {
    expect(await program.metric("bridge_queue_waiting_jobs")).toBe(0);
    expect(await program.metric("bridge_queue_oldest_job_age_seconds")).toBe(0);
    expect(await program.metric("bridge_dead_letters")).toBe(2);
  }
});
