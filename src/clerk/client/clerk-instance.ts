import { z } from "zod";
import { clerkInstanceKey } from "../../redis/keys.ts";
import type { RedisClient } from "../../redis/redis-client.ts";
import type { ClerkApi } from "./clerk-api.ts";
import { ClerkRequestError } from "./clerk-errors.ts";

/**
 * Whether the secret key belongs to the instance whose users the bridge has published. `unknown`: Clerk does not tell, for example
 * because the key may not read it.
 */
export type InstanceCheck =
  | { readonly outcome: "same" }
  | { readonly outcome: "changed"; readonly known: string; readonly current: string }
  | { readonly outcome: "unknown"; readonly reason: string };

/**
 * The Clerk instance of this installation. Another instance has none of the known users, and answers every question about them as if
 * they were deleted. Redis remembers the first instance that it is asked about.
 */
export interface ClerkInstance {
  /**
   * Asks Clerk, at most once a minute as long as the answer is `same`. `onlyLook`: do not remember a first instance. Throws what Redis
   * throws, and what `clerk` throws while Clerk is unavailable.
   */
  check(options?: { readonly onlyLook: boolean }): Promise<InstanceCheck>;
  /** Remembers the key's instance in place of the earlier one, and returns its id. Throws what Clerk and Redis throw. */
  accept(): Promise<string>;
}

const validForMs = 60_000;
const instanceSchema = z.object({ id: z.string() });

export function createClerkInstance(
  clerk: Pick<ClerkApi, "read">,
  {
    redis,
    redisPrefix,
    now,
  }: { readonly redis: RedisClient; readonly redisPrefix: string; readonly now: () => number },
): ClerkInstance {
  const key = clerkInstanceKey(redisPrefix);
  let validUntil = 0;

  const readId = async () =>
    instanceSchema.parse(await clerk.read("instance.get", ({ instance }) => instance.get())).id;

  return {
    check: async ({ onlyLook } = { onlyLook: false }) => {
      if (now() < validUntil) return { outcome: "same" };
      let current: string;
      try {
        current = await readId();
      } catch (error) {
        if (error instanceof ClerkRequestError || error instanceof z.ZodError) {
          return { outcome: "unknown", reason: error.message };
        }
        throw error;
      }
      if (!onlyLook) await redis.set(key, current, "NX");
      const known = (await redis.get(key)) ?? current;
      if (known !== current) return { outcome: "changed", known, current };
      validUntil = now() + validForMs;
      return { outcome: "same" };
    },
    accept: async () => {
      const current = await readId();
      await redis.set(key, current);
      return current;
    },
  };
}

/** The published users belong to another Clerk instance than the secret key, so all of them would seem to be deleted. */
export class InstanceChangedError extends Error {
  override readonly name = "InstanceChangedError";
}

/** Throws an {@link InstanceChangedError}, whose message tells the operator what to do. */
export async function assertSameInstance(instance: Pick<ClerkInstance, "check">): Promise<void> {
  const check = await instance.check();
  if (check.outcome !== "changed") return;
  throw new InstanceChangedError(
    `CLERK_SECRET_KEY belongs to the instance ${check.current}, and the published users belong to ${check.known}. If this is intended: bridge reconcile --full --accept-instance`,
  );
}
