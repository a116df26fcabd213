import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { RedisClient } from "./redis-client.ts";

export type Script = (redis: RedisClient, keys: readonly string[], args: readonly string[]) => Promise<unknown>;

/**
 * Makes a Lua script callable. Throws for a missing or empty file, which would otherwise do nothing at every call. A call sends its hash, and the whole script when Redis does not know the hash. The file lies beside the
 * module that calls it: `loadScript(new URL("claim-shard.lua", import.meta.url))`.
 */
export function loadScript(file: URL): Script {
  const lua = readFileSync(file, "utf8");
  if (lua.trim() === "") throw new Error(`${file.pathname} is empty`);
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
