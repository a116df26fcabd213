import { type ClerkApi } from "../../src/clerk/client/clerk-api.ts";
import { ClerkRequestError } from "../../src/clerk/client/clerk-errors.ts";
import type { ClerkInstance } from "../../src/clerk/client/clerk-instance.ts";
import { countUsers } from "../../src/clerk/users/list-users.ts";
import type { CliConfig } from "../context/cli-config.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

const timeoutMs = 5_000;
const toleratedSkewMs = 30_000;

/**
 * Checks that Clerk accepts the secret key, on the same road as the programs: by the SDK and within the rate limit that they share.
 * Throws when Clerk is unavailable or the key is not set.
 */
export async function checkClerk(clerk: Pick<ClerkApi, "read">): Promise<Finding[]> {
  try {
    return [ok("Clerk key", `accepted; ${await countUsers(clerk, {})} users`)];
  } catch (error) {
    if (!(error instanceof ClerkRequestError)) throw error;
    if (error.status !== 401)
      return [warn("Clerk key", `Clerk answers ${error.status}`, "try again; see status.clerk.com")];
    return [fail("Clerk key", "Clerk rejects it", "copy CLERK_SECRET_KEY from the page of API keys in the dashboard")];
  }
}

/** Checks that our clock agrees with Clerk's. Asks without the SDK, which hides the `Date` header. Reports problems only. */
export async function checkClerkClock({ clerk }: Pick<CliConfig, "clerk">, now: () => number): Promise<Finding[]> {
  const response = await fetch(`${clerk.apiUrl}/v1/users/count`, {
    headers: { authorization: `Bearer ${clerk.secretKey}` },
    signal: AbortSignal.timeout(timeoutMs),
  }).catch(() => undefined);
  const date = Date.parse(response?.headers.get("date") ?? "");
  if (Number.isNaN(date) || Math.abs(date - now()) <= toleratedSkewMs) return [];
  const detail = `differs from Clerk's by ${Math.round((date - now()) / 1_000)} s`;
  return [warn("Clock", detail, "synchronise the clock (NTP)")];
}

/** Checks that the secret key belongs to the instance whose users are published. Throws what Redis throws. */
export async function checkInstance(instance: Pick<ClerkInstance, "check">): Promise<Finding[]> {
  const check = await instance.check({ onlyLook: true });
  switch (check.outcome) {
    case "same":
      return [ok("Clerk instance", "the one whose users are published")];
    case "changed":
      return [
        fail(
          "Clerk instance",
          `CLERK_SECRET_KEY belongs to ${check.current}, and the published users belong to ${check.known}`,
          "use the key of the right instance; if the change is intended: bridge reconcile --full --accept-instance",
        ),
      ];
    case "unknown":
      return [warn("Clerk instance", `Clerk does not tell it: ${check.reason}`, "use a key with all rights")];
  }
}
