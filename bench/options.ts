import { parseArgs } from "node:util";
import { z } from "zod";

const parts = ["receive", "drain", "sustained", "latency"] as const;
export type Part = (typeof parts)[number];

const usage = `npm run bench -- [--only ${parts.join(",")}] [--rounds 3] [--seconds 4] [--shards 3] [--rate N] [--connections 64] [--charts folder] [--profile folder]
npm run bench -- growth [--users 10000,100000,1000000] [--charts folder]
  --only         the parts to run, comma-separated; all by default
  --rounds       the number of repetitions of each comparison
  --seconds      the duration of one load step
  --shards       the number of shards of our single worker, and of partitions of every events topic
  --rate         the sustained rate per second, of which the latency is measured; without it, the rate is searched for
  --connections  the numbers of connections of the receive part, for example 1,16,64,256
  --charts       a folder for charts as SVG
  --profile      an empty folder for CPU profiles of our API and worker, of which the largest costs are printed
  growth         instead of the parts: what grows with the number of users in Clerk`;

const numbers = (byDefault: string) =>
  z
    .string()
    .default(byDefault)
    .transform((text) => text.split(",").map(Number))
    .pipe(z.array(z.int().positive()));

const optionsSchema = z.object({
  only: z
    .string()
    .default(parts.join(","))
    .transform((text) => text.split(","))
    .pipe(z.array(z.enum(parts))),
  rounds: z.coerce.number().int().positive().default(3),
  seconds: z.coerce.number().int().positive().default(4),
  shards: z.coerce.number().int().positive().default(3),
  rate: z.coerce.number().positive().optional(),
  connections: numbers("64"),
  users: numbers("10000,100000,1000000"),
  charts: z.string().optional(),
  profile: z.string().optional(),
  mode: z.enum(["parts", "growth"]).default("parts"),
});
type BenchOptions = z.infer<typeof optionsSchema>;

/** The command line is invalid. The message is the usage. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Parses the command line. Throws {@link UsageError}. */
export function readOptions(args: string[]): BenchOptions {
  const text = { type: "string" } as const;
  const names = {
    only: text,
    rounds: text,
    seconds: text,
    shards: text,
    rate: text,
    users: text,
    connections: text,
    charts: text,
    profile: text,
  };
  try {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: names });
    return optionsSchema.parse({ ...values, mode: positionals[0] });
  } catch (cause) {
    throw new UsageError(usage, { cause });
  }
}
