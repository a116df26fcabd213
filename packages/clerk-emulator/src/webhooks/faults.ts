import type { Random } from "../instance/seeded-random.ts";

/** What goes wrong between Clerk and the endpoint, beyond what the endpoint itself does. */
export interface WebhookFaults {
  /** 0 to 1: a message is delivered twice, under the same id. */
  readonly duplicateProbability: number;
  /** 0 to 1: a message is never delivered, unless replayed. */
  readonly lossProbability: number;
  /** Each delivery waits this long, drawn anew for each; a wide range reorders. Milliseconds. */
  readonly delayMs: { readonly min: number; readonly max: number };
}

export const noFaults: WebhookFaults = { duplicateProbability: 0, lossProbability: 0, delayMs: { min: 0, max: 0 } };

/**
 * The fate of one message: how long each of its deliveries waits (milliseconds), none meaning that it is lost. Draws the
 * same numbers whatever the faults are, so that the fate of a message depends on its place in the history only.
 */
export function planDeliveries(faults: WebhookFaults, random: Random): number[] {
  const lost = random.chance(faults.lossProbability);
  const duplicated = random.chance(faults.duplicateProbability);
  const delays = [0, 1].map(() => random.between(faults.delayMs.min, faults.delayMs.max));
  if (lost) return [];
  return duplicated ? delays : delays.slice(0, 1);
}
