import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Redis } from "ioredis";

export type Script = (redis: Redis, keys: readonly string[], args: readonly string[]) => Promise<unknown>;

/** A Lua script of this folder as a call: by its hash, and whole where Redis does not know it (any more). */
export function loadScript(name: string): Script {
  const lua = readFileSync(new URL(`${name}.lua`, import.meta.url), "utf8");
  const sha = createHash("sha1").update(lua).digest("hex");
  return async (redis, keys, args) => {
    try {
      return await redis.evalsha(sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      return redis.eval(lua, keys.length, ...keys, ...args);
    }
  };
}
