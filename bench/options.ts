import { parseArgs } from "node:util";
import { z } from "zod";

const parts = ["receive", "drain", "sustained", "latency"] as const;
export type Part = (typeof parts)[number];

const usage = `npm run bench -- [--only ${parts.join(",")}] [--rounds 3] [--seconds 4] [--shards 6]
  --only     the parts to run, comma-separated; all by default
  --rounds   the number of repetitions of each comparison
  --seconds  the duration of one load step
  --shards   the number of shards of our single worker, and of partitions of every events topic`;

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

/** The command line is invalid. The message is the usage. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Parses the command line. Throws {@link UsageError}. */
export function readOptions(args: string[]): BenchOptions {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({ args, options: { only: text, rounds: text, seconds: text, shards: text } });
    return optionsSchema.parse(values);
  } catch (cause) {
    throw new UsageError(usage, { cause });
  }
}
