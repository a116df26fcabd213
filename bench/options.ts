import { parseArgs } from "node:util";
import { z } from "zod";

const parts = ["receive", "drain", "sustained", "latency"] as const;
export type Part = (typeof parts)[number];

const usage = `npm run bench -- [--only ${parts.join(",")}] [--rounds 3] [--seconds 4] [--shards 6]
  --only     the parts to run, comma-separated; all of them when left out
  --rounds   how often each comparison is repeated
  --seconds  how long one step of load lasts
  --shards   how many shards the one worker of ours has to itself, and partitions every events topic`;

const optionsSchema = z.object({
  only: z
    .string()
    .default(parts.join(","))
    .transform((text) => text.split(","))
    .pipe(z.array(z.enum(parts))),
  rounds: z.coerce.number().int().positive().default(3),
  seconds: z.coerce.number().int().positive().default(4),
  shards: z.coerce.number().int().positive().default(6),
});
type BenchOptions = z.infer<typeof optionsSchema>;

/** The command line makes no sense; the message says what would. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Reads the command line. Throws {@link UsageError}. */
export function readOptions(args: string[]): BenchOptions {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({ args, options: { only: text, rounds: text, seconds: text, shards: text } });
    return optionsSchema.parse(values);
  } catch (cause) {
    throw new UsageError(usage, { cause });
  }
}
