import { z } from "zod";
import type { CliConfig } from "../context/cli-config.ts";
import { bad, type Finding, good, warn } from "./finding.ts";

const timeoutMs = 5_000;
const tolerableSkewMs = 30_000;

/** Whether Clerk accepts the secret key, and whether our clock agrees with Clerk's. One request, by hand: the SDK hides the date. */
export async function checkClerk({ clerk }: CliConfig, now: () => number): Promise<Finding[]> {
  const response = await fetch(new URL("/v1/users/count", clerk.apiUrl), {
    headers: { authorization: `Bearer ${clerk.secretKey}` },
    signal: AbortSignal.timeout(timeoutMs),
  });
  if (response.status === 401) {
    return [bad("Clerk key", "Clerk does not know it", "copy CLERK_SECRET_KEY anew from the dashboard, API keys")];
  }
  if (!response.ok) return [warn("Clerk key", `Clerk answers ${response.status}`, "try again; see status.clerk.com")];
  const { total_count: users } = z.object({ total_count: z.number() }).parse(await response.json());
  const findings = [good("Clerk key", `accepted; ${users} users`)];
  const date = Date.parse(response.headers.get("date") ?? "");
  if (!Number.isNaN(date) && Math.abs(date - now()) > tolerableSkewMs) {
    findings.push(warn("Clock", `${Math.round((date - now()) / 1_000)} s from Clerk's`, "synchronise the clock (NTP)"));
  }
  return findings;
}
