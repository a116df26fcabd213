import { type State, stateSchema } from "../domain/state.ts";
import { pendingChangesKey } from "../redis/keys.ts";
import { loadScript, type RedisClient } from "../redis/redis-client.ts";
import { parseJson } from "../shared/parse-json.ts";
import { recencyOf } from "./ledger-entry.ts";

// A shard's pending changes are a Redis hash: <user id> = "<recency>|<state JSON>", the state that the user will have when the event of a
// change made through the API is committed. Lists show it until then. The ledger removes it with the state that it applies.

const rememberChange = loadScript(new URL("remember-change.lua", import.meta.url));
const lifetimeMs = 24 * 3_600_000;

/** Remembers a user's next state until the ledger of the shard with this prefix has it, or a newer one. Throws what Redis throws. */
export async function rememberPending(
  redis: RedisClient,
  keyPrefix: string,
  userId: string,
  state: State,
): Promise<void> {
  const args = [userId, String(recencyOf(state)), JSON.stringify(state), String(lifetimeMs)];
  await rememberChange(redis, [pendingChangesKey(keyPrefix)], args);
}

/** Undefined for text that the bridge did not write. */
export function decodePending(value: string): State | undefined {
  const encoded = /^\d+\|(.*)$/s.exec(value)?.[1];
  return encoded === undefined ? undefined : stateSchema.safeParse(parseJson(encoded)).data;
}
