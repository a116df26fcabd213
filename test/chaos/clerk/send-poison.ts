import type { ClerkEmulator, Random } from "clerk-emulator";

const poisons = [
  "not JSON",
  JSON.stringify({ type: "user.updated", data: { object: "user" } }),
  JSON.stringify({ type: "user.updated", data: { id: "user_poison", email_addresses: "none", updated_at: "now" } }),
  JSON.stringify({ type: "user.deleted", data: { id: "user poison" } }),
];

/** Sends a message that cannot be processed and that Clerk never sends, and returns its id. It must become a dead letter. */
export function sendPoison({ webhooks }: ClerkEmulator, random: Random): string {
  return webhooks.sendBody(poisons[random.below(poisons.length)] ?? "").id;
}
