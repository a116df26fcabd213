import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { z } from "zod";

export const usage = `npm run chaos -- [--seed N] [--minutes 5] [--loss 0] [--reconcile] [--naive] [--busy 50] [--rate 30]
  --seed       draws the history, the fate of messages and the faults; a random one when left out
  --minutes    how long things go wrong
  --reconcile  the bridge reconciles with Clerk all the time; then Redis is wiped, too, and messages may be lost
  --loss       how many messages are never delivered, 0 to 1; needs --reconcile
  --naive      puts the worker that teams write by hand in the bridge's place, and counts
  --busy       how many users change at a time; the others have come to rest
  --rate       changes a second`;

export interface ChaosOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly loss: number;
  readonly reconciles: boolean;
  readonly system: "bridge" | "naive";
  readonly busyUsers: number;
  readonly changesPerSecond: number;
  /** Maximum duration of one fault, and maximum pause of its lane before the next, ms. */
  readonly maxHoldMs: number;
  readonly maxRestMs: number;
}

const argumentsSchema = z
  .object({
    seed: z.coerce.number().int().nonnegative().optional(),
    minutes: z.coerce.number().positive().default(5),
    loss: z.coerce.number().min(0).max(1).default(0),
    reconcile: z.boolean().default(false),
    naive: z.boolean().default(false),
    busy: z.coerce.number().int().positive().default(50),
    rate: z.coerce.number().positive().default(30),
  })
  .refine(
    ({ loss, reconcile }) => loss === 0 || reconcile,
    "--loss needs --reconcile: nothing else finds what is lost",
  );

/** Reads the command line. Throws when it makes no sense. */
export function readOptions(args: string[]): ChaosOptions {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const { values } = parseArgs({
    args,
    options: { seed: text, minutes: text, loss: text, reconcile: flag, naive: flag, busy: text, rate: text },
  });
  const { seed, minutes, loss, reconcile, naive, busy, rate } = argumentsSchema.parse(values);
  return {
    seed: seed ?? randomInt(1, 1_000_000),
    minutes,
    loss,
    reconciles: reconcile,
    system: naive ? "naive" : "bridge",
    busyUsers: busy,
    changesPerSecond: rate,
    maxHoldMs: 12_000,
    maxRestMs: 8_000,
  };
}
