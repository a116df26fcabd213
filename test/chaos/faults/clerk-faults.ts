import { setTimeout as delay } from "node:timers/promises";
import type { ClerkEmulator, Random } from "clerk-emulator";
import type { SkewedClock } from "../clerk/skewed-clock.ts";
import type { Fault } from "./fault.ts";

const minuteMs = 60_000;
/** Beyond the age at which the bridge asks Clerk about a user it has never seen. */
const ghostlyMs = 8 * 24 * 60 * minuteMs;

/** What Clerk and Svix may do to messages beyond what they always do. */
export const clerkFaults = (clerk: ClerkEmulator, clock: SkewedClock, random: Random): Fault[] => [
  {
    kind: "messages held back",
    inject: async (holdMs) => {
      clerk.webhooks.pause();
      await delay(holdMs);
      clerk.webhooks.resume();
    },
  },
  {
    kind: "messages delayed",
    inject: async (holdMs) => {
      const { delayMs } = clerk.webhooks.faults;
      clerk.webhooks.setFaults({ delayMs: { min: 0, max: 10_000 } });
      await delay(holdMs);
      clerk.webhooks.setFaults({ delayMs });
    },
  },
  {
    kind: "timestamps in seconds",
    inject: async (holdMs) => {
      clerk.webhooks.setTimestampUnit("seconds");
      await delay(holdMs);
      clerk.webhooks.setTimestampUnit("milliseconds");
    },
  },
  // Hardly ahead: a change from the future is not old enough for a reconciliation before that time has come.
  { kind: "clock skewed", inject: (holdMs) => clock.skew(random.between(-15, 1) * minuteMs, holdMs) },
  { kind: "clock a week behind", inject: (holdMs) => clock.skew(-ghostlyMs, holdMs) },
];
