import { z } from "zod";
import { redisAddressSchema } from "./redis-address.ts";

export const REDIS_ENVIRONMENT = {
  REDIS_URL: redisAddressSchema
    .prefault("redis://127.0.0.1:6379")
    .describe(
      "Redis 6.2 or newer: redis://host:port, redis+cluster://host:port,host:port or redis+sentinel://host:port,host:port/<master>; rediss for TLS",
    ),
  REDIS_PREFIX: z
    .string()
    .regex(/^[\w-]+$/)
    .default("clerk-kafka-bridge")
    .describe("Prefix of every key in Redis"),
};

export const toRedisConfig = (env: z.infer<z.ZodObject<typeof REDIS_ENVIRONMENT>>) => ({
  address: env.REDIS_URL,
  prefix: env.REDIS_PREFIX,
});
