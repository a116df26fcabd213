import { z } from "zod";

export const CACHE_ENVIRONMENT = {
  CACHE_TTL_MS: z.coerce
    .number()
    .int()
    .min(0)
    .default(60_000)
    .describe("Time that users and pages of lists are cached in Redis, in ms; 0 turns the cache off"),
};
type Environment = z.infer<z.ZodObject<typeof CACHE_ENVIRONMENT>>;

export interface CacheConfig {
  /** 0: no cache. */
  readonly ttlMs: number;
}

export const toCacheConfig = (env: Environment): CacheConfig => ({ ttlMs: env.CACHE_TTL_MS });
