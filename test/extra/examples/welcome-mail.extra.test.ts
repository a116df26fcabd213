import { expect, test } from "vitest";
import { openExample, queryPglite, startBridge, userOf } from "../../support/run-example.ts";

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
