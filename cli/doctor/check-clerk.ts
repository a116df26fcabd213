import { z } from "zod";
import type { CliConfig } from "../context/cli-config.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

const timeoutMs = 5_000;
const toleratedSkewMs = 30_000;

/**
 * Checks that Clerk accepts the secret key, and that our clock agrees with Clerk's. Makes its one request without the SDK,
 * which hides the `Date` header. Throws when Clerk cannot be reached or the key is not set.
 */
export async function checkClerk({ clerk }: Pick<CliConfig, "clerk">, now: () => number): Promise<Finding[]> {
  const response = await fetch(new URL("/v1/users/count", clerk.apiUrl), {
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
