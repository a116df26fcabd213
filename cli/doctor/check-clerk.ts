import { z } from "zod";
import type { CliConfig } from "../context/cli-config.ts";
import type { ClerkInstance } from "../../src/clerk/client/clerk-instance.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

const timeoutMs = 5_000;
const toleratedSkewMs = 30_000;

/**
 * Checks that Clerk accepts the secret key, and that our clock agrees with Clerk's. Makes its one request without the SDK,
 * which hides the `Date` header. Throws when Clerk cannot be reached or the key is not set.
 */
export async function checkClerk({ clerk }: Pick<CliConfig, "clerk">, now: () => number): Promise<Finding[]> {
  const response = await fetch(`${clerk.apiUrl}/v1/users/count`, {
    headers: { authorization: `Bearer ${clerk.secretKey}` },
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status === 401) {
    return [fail("Clerk key", "Clerk rejects it", "copy CLERK_SECRET_KEY from the page of API keys in the dashboard")];
  }
  if (!response.ok) return [warn("Clerk key", `Clerk answers ${response.status}`, "try again; see status.clerk.com")];
  const { total_count: users } = z.object({ total_count: z.number() }).parse(await response.json());
  const findings = [ok("Clerk key", `accepted; ${users} users`)];
  const date = Date.parse(response.headers.get("date") ?? "");
  if (!Number.isNaN(date) && Math.abs(date - now()) > toleratedSkewMs) {
    const detail = `differs from Clerk's by ${Math.round((date - now()) / 1_000)} s`;
    findings.push(warn("Clock", detail, "synchronise the clock (NTP)"));
  }
  return findings;
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
