import { createHash, createHmac, randomBytes } from "node:crypto";
import { z } from "zod";
import { consoleSessionKey } from "../../redis/keys.ts";
import type { RedisClient } from "../../redis/redis-client.ts";
import type { FindRole } from "../auth/roles.ts";
import type { Caller } from "../http/caller.ts";

const storedSchema = z.object({ kind: z.enum(["user", "service"]), id: z.string(), role: z.string() });

/** The operators who are signed in. Every call throws what Redis throws. */
export interface ConsoleSessions {
  /** Resolves with the secret for the cookie. */
  open(caller: Caller): Promise<string>;
  /** The operator, with the permissions that the role has now; undefined for a session that is over. */
  find(secret: string): Promise<Caller | undefined>;
  close(secret: string): Promise<void>;
}

/** Sessions in Redis, under a hash of their secret, so that a reader of Redis cannot use them. */
export function createConsoleSessions(
  redis: RedisClient,
  redisPrefix: string,
  { findRole, lifetimeMs }: { readonly findRole: FindRole; readonly lifetimeMs: number },
): ConsoleSessions {
  const keyOf = (secret: string) =>
    consoleSessionKey(redisPrefix, createHash("sha256").update(secret).digest("base64url"));
  return {
    open: async ({ kind, id, role }) => {
      const secret = randomBytes(32).toString("base64url");
      await redis.set(keyOf(secret), JSON.stringify({ kind, id, role }), "PX", lifetimeMs);
      return secret;
    },
    find: async (secret) => {
      const stored = await redis.get(keyOf(secret));
      const parsed = storedSchema.safeParse(stored === null ? undefined : JSON.parse(stored));
      if (!parsed.success) return undefined;
      const { kind, id, role } = parsed.data;
      const access = { id, ...findRole(role) };
      if (kind === "service") return { kind, ...access };
      return { kind, ...access, sessionId: "", impersonatorId: undefined, factorAgeMinutes: undefined, issuedAt: 0 };
    },
    close: async (secret) => void (await redis.unlink(keyOf(secret))),
  };
}

/** The token that every form of a session carries: a page of another site cannot know it. */
export const formTokenOf = (secret: string): string => createHmac("sha256", secret).update("form").digest("base64url");
