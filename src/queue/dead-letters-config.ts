import type { z } from "zod";
import { positive } from "../shared/environment.ts";

export const DEAD_LETTERS_ENVIRONMENT = {
  DEAD_LETTER_RETENTION_MS: positive.default(30 * 86_400_000).describe("Time that dead letters are kept, in ms"),
};

export const toDeadLettersConfig = (env: z.infer<z.ZodObject<typeof DEAD_LETTERS_ENVIRONMENT>>) => ({
  retentionMs: env.DEAD_LETTER_RETENTION_MS,
});
