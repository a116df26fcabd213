import { expect, test } from "vitest";
import { openClerkWithoutWebhooks } from "../../support/clerk/clerk-without-webhooks.ts";
import type { Fault } from "../../support/clerk/faulty-clerk.ts";

test("a user whom the bridge cannot parse hides no other, and sweep and `verify` name it and exit with 2", async () => {
  await using clerk = await openClerkWithoutWebhooks();
  const { bridge, emulator, proxy } = clerk;
  const worker = await bridge.startWorker();
  const users = clerk.createUsers(5);
  await clerk.reconcile({ kind: "full" });
  await clerk.expectAllPublished();
  for (const id of users) emulator.dashboard.updateUser(id, { first_name: "Grace" });
  const [odd = ""] = users;
  const list = emulator.dashboard
    .users()
    .map((user) => (user.id === odd ? Object.assign(structuredClone(user), { first_name: 42 }) : user));
  proxy.failWhen(({ path }): Fault | undefined =>
    path.startsWith("/users?") ? { kind: "answer", status: 200, body: JSON.stringify(list) } : undefined,
  );

  const swept = await bridge.runCommand("reconcile", "--full");
  expect(swept.reason).toBe("exit code 2");
  expect(swept.output).toContain("queued: 4 updated, 1 unreadable");
  expect(swept.output).toContain(`Clerk's users that cannot be read, now dead letters: ${odd}`);
  expect(await worker.waitUntilLogged("reconciliation.users_unreadable")).toMatchObject([{ users: [odd], count: 1 }]);
  await bridge.waitUntilIdle();
  expect((await bridge.runCommand("dlq", "list")).output).toContain("1 in total");

  const verified = await bridge.runCommand("verify");
  expect(verified.reason).toBe("exit code 2");
  expect(verified.output).toContain(`${odd}  cannot be read from Clerk: first_name: invalid_type`);
  expect(verified.output).toContain("nothing differs\nusers: 4 in Clerk, 5 in the ledger, 5 in Kafka");
});
