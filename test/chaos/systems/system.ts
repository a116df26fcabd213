import type { Redis } from "ioredis";
import type { ClerkEmulator } from "clerk-emulator";
import type { ProcessPlan } from "../processes/fleet.ts";
import type { Judgement, EnvelopeTimes } from "../judge/judgement.ts";

/** Where a system finds what it needs; all of it is behind proxies. */
export interface Surroundings {
  readonly redisUrl: string;
  readonly kafkaBrokers: readonly string[];
  readonly clerkUrl: string;
  readonly clerk: ClerkEmulator;
  /** For looking at its keys; not by the proxy. */
  readonly redis: Redis;
  /** Whether it shall find by itself what no message told. */
  readonly reconciles: boolean;
}

/** What is tested: the bridge, or the worker that teams write by hand. */
export interface System {
  readonly api: ProcessPlan;
  readonly worker: ProcessPlan;
  /** Whether it is fit for messages that nobody can read. */
  readonly takesPoison: boolean;
  /** How long each step of coming to rest may take, ms. */
  readonly settlesWithinMs: number;
  /** Whether a process of it, listening on this port, says that it does its work. */
  isReady(port: number): Promise<boolean>;
  /** Jobs that wait, are in hand or are put off. */
  countJobs(): Promise<number>;
  /** Holds what it published against what Clerk told and says. */
  judge(told: EnvelopeTimes): Promise<Judgement>;
}
