// The public interface of the package.
export type { Dashboard } from "./dashboard/create-dashboard.ts";
export { type ClerkUser, verifiedByAdmin } from "./resources/user.ts";
export { createRandom, type Random } from "./seeded-random.ts";
export { type ClerkEmulator, type ClerkEmulatorOptions, startClerkEmulator } from "./start-clerk-emulator.ts";
export { noFaults, type WebhookFaults } from "./webhooks/webhook-endpoint.ts";
export type { WebhookMessage } from "./webhooks/webhook-message.ts";
