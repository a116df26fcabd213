import type { ClerkEmulator, Random } from "clerk-emulator";

const poisons = [
  "not JSON",
  JSON.stringify({ type: "user.updated", data: { object: "user" } }),
  JSON.stringify({ type: "user.updated", data: { id: "user_poison", email_addresses: "none", updated_at: "now" } }),
  JSON.stringify({ type: "user.deleted", data: { id: "user poison" } }),
];

/** Sends a message that nobody can decide, as Clerk never would, and returns its id. It must end among the dead letters. */
export function sendPoison({ webhooks }: ClerkEmulator, random: Random): string {
  return webhooks.sendBody(poisons[random.below(poisons.length)] ?? "").id;
}
