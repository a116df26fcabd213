import { isOutage } from "../context/exit-codes.ts";

/** The result of one check. `remedy` tells the operator how to solve the problem. */
export type Finding =
  | { readonly verdict: "ok"; readonly subject: string; readonly detail: string }
  | {
      readonly verdict: "warn" | "fail";
      readonly subject: string;
      readonly detail: string;
      readonly remedy: string;
      /** Whether a server did not answer. */
      readonly outage: boolean;
    };

export const ok = (subject: string, detail: string): Finding => ({ verdict: "ok", subject, detail });

/** The bridge works, but may lose data or delay it later. */
export const warn = (subject: string, detail: string, remedy: string): Finding => ({
  verdict: "warn",
  subject,
  detail,
  remedy,
  outage: false,
});

/** The bridge does not work, or loses data. */
export const fail = (subject: string, detail: string, remedy: string, outage = false): Finding => ({
  verdict: "fail",
  subject,
  detail,
  remedy,
  outage,
});

/** Runs a check and returns its findings. An error of the check is a failed finding with this remedy. */
export async function runCheck(subject: string, remedy: string, check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check();
  } catch (error) {
    return [fail(subject, describeError(error), remedy, isOutage(error))];
  }
}

/** Includes the causes, because the message of a failed request is only `fetch failed`. */
function describeError(error: unknown): string {
  const messages: string[] = [];
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (!messages.includes(cause.message)) messages.push(cause.message);
  }
  return messages.length === 0 ? String(error) : messages.join(": ");
}
