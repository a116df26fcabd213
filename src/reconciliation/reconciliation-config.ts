import { CronExpressionParser } from "cron-parser";
import { z } from "zod";

const milliseconds = z.coerce.number().int().nonnegative();

const isCron = (text: string): boolean => {
  try {
    CronExpressionParser.parse(text, { tz: "UTC" });
    return true;
  } catch {
    return false;
  }
};

export const RECONCILIATION_ENVIRONMENT = {
  RECONCILE_EVERY_MS: milliseconds
    .default(5 * 60_000)
    .describe("Interval at which Clerk's newest changes are compared with the published states, in ms; 0 turns it off"),
  RECONCILE_OVERLAP_MS: milliseconds
    .default(10 * 60_000)
    .describe("Overlap of a run with the previous one, in ms, because Clerk may show a change late"),
  RECONCILE_GRACE_MS: milliseconds.default(30_000).describe("Age up to which a change is left to its webhook, in ms"),
  RECONCILE_DELETION_RECHECK_MS: milliseconds
    .default(30_000)
    .describe(
      "Time after which Clerk is asked again about a user that a sweep did not find, before it is published as deleted, in ms",
    ),
  RECONCILE_SWEEP_CRON: z
    .string()
    .refine((text) => text === "off" || isCron(text), "neither a cron pattern nor `off`")
    .default("0 3 * * *")
    .describe("Schedule on which all users are compared, including deletions: a cron pattern in UTC, or `off`"),
  RECONCILE_MAX_DELETED_PERCENT: z.coerce
    .number()
    .min(0)
    .max(100)
    .default(10)
    .describe(
      "Largest share of the known users, in percent, that a sweep may publish as deleted; 10 users are always allowed",
    ),
};
type Environment = z.infer<z.ZodObject<typeof RECONCILIATION_ENVIRONMENT>>;

export interface ReconciliationConfig {
  /** 0: no scheduled runs. */
  readonly everyMs: number;
  readonly overlapMs: number;
  readonly graceMs: number;
  /** Time between the two answers of Clerk that prove a deletion. */
  readonly deletionRecheckMs: number;
  /** In UTC; undefined: no scheduled sweep. */
  readonly sweepCron: string | undefined;
  readonly maxDeletedPercent: number;
}

export const toReconciliationConfig = (env: Environment): ReconciliationConfig => ({
  everyMs: env.RECONCILE_EVERY_MS,
  overlapMs: env.RECONCILE_OVERLAP_MS,
  graceMs: env.RECONCILE_GRACE_MS,
  deletionRecheckMs: env.RECONCILE_DELETION_RECHECK_MS,
  sweepCron: env.RECONCILE_SWEEP_CRON === "off" ? undefined : env.RECONCILE_SWEEP_CRON,
  maxDeletedPercent: env.RECONCILE_MAX_DELETED_PERCENT,
});
