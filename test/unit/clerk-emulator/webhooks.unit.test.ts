import { expect, it } from "vitest";
import { startEmulator } from "./start-emulator.ts";
import { startEndpoint } from "./start-endpoint.ts";

it("every change reaches the endpoint as a message that svix verifies", async () => {
  const { emulator, clerk } = await startEmulator();
  const endpoint = await startEndpoint(emulator.webhookSecret);
  emulator.webhooks.connect({ url: endpoint.url, secret: emulator.webhookSecret });

  const user = await clerk.users.createUser({ emailAddress: ["ada@example.com"], externalId: "ext-1" });
  const updated = await clerk.users.updateUser(user.id, { firstName: "Ada" });
  await clerk.users.deleteUser(user.id);
  await emulator.webhooks.settled();

  const byType = new Map(endpoint.deliveries.map(({ envelope }) => [envelope.type, envelope]));
  expect([...byType.keys()].toSorted()).toEqual(["user.created", "user.deleted", "user.updated"]);
  expect(byType.get("user.created")?.data).toEqual(user.raw);
  expect(byType.get("user.updated")?.data).toEqual(updated.raw);
  expect(byType.get("user.updated")?.timestamp).toBe(updated.updatedAt);
  expect(byType.get("user.deleted")?.data).toEqual({
    object: "user",
    id: user.id,
    deleted: true,
    external_id: "ext-1",
  });
});
