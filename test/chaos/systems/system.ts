import type { Redis } from "ioredis";
import type { ClerkEmulator } from "clerk-emulator";
import type { ProcessPlan } from "../processes/fleet.ts";
import type { CheckResult, ClerkHistory } from "../invariants/check-result.ts";

/** Addresses of the servers that a system uses, all behind proxies. */
export interface Surroundings {
  readonly redisUrl: string;
  readonly kafkaBrokers: readonly string[];
  readonly clerkUrl: string;
  readonly clerk: ClerkEmulator;
  /** Inspects the keys directly, without the proxy. */
  readonly redis: Redis;
  /** Whether it reconciles, that is, finds the changes that no webhook announced. */
  readonly reconciles: boolean;
}

/** The system under test: the bridge, or a naive worker as a control. */
export interface System {
  readonly api: ProcessPlan;
  readonly worker: ProcessPlan;
  /** Whether it handles messages that cannot be parsed. */
  readonly takesPoison: boolean;
  /** Deadline for each step of settling, ms. */
  readonly settlesWithinMs: number;
  /** Whether its process on this port reports that it is ready. */
  isReady(port: number): Promise<boolean>;
  /** Jobs that are waiting, active or delayed. */
  countJobs(): Promise<number>;
  /** Compares what it published with what Clerk sent and now returns. */
  checkInvariants(clerkHistory: ClerkHistory): Promise<CheckResult>;
}
