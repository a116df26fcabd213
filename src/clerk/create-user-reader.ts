import { setTimeout as delay } from "node:timers/promises";
import { createClerkClient } from "@clerk/backend";
import { isClerkAPIResponseError } from "@clerk/backend/errors";
import { stripUser } from "./strip-user.ts";

/** What Clerk says about one user now. `unavailable`: it did not say; ask again later. */
export type ReadUser =
  | { readonly outcome: "found"; readonly data: Record<string, unknown>; readonly readAt: number }
  | { readonly outcome: "missing" }
  | { readonly outcome: "unavailable"; readonly reason: string };

export type UserReader = (userId: string) => Promise<ReadUser>;

const timeoutMs = 5_000;
/** What is no such thing cannot be asked for: the SDK refuses it before any request. */
const userId = /^[\w-]+$/;

/** Reads single users from Clerk's Backend API. The SDK has no time-out of its own. */
export function createUserReader(
  { secretKey, apiUrl }: { readonly secretKey: string; readonly apiUrl: string },
  now: () => number,
): UserReader {
  const clerk = createClerkClient({ secretKey, apiUrl, telemetry: { disabled: true } });
  return async (id) => {
    if (!userId.test(id)) return { outcome: "missing" };
    const readAt = now();
    try {
      const user = await Promise.race([clerk.users.getUser(id), expire(timeoutMs)]);
      if (user === "expired") return { outcome: "unavailable", reason: `no answer in ${timeoutMs} ms` };
      return { outcome: "found", data: stripUser({ ...user.raw }), readAt };
    } catch (error) {
      if (isClerkAPIResponseError(error) && error.status === 404) return { outcome: "missing" };
      return {
        outcome: "unavailable",
        reason: isClerkAPIResponseError(error) ? `status ${error.status}` : String(error),
      };
    }
  };
}

const expire = (ms: number) => delay(ms, "expired" as const, { ref: false });
