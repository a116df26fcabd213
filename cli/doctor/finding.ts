/** The result of one check. `remedy` tells the operator how to solve the problem. */
export type Finding =
  | { readonly verdict: "ok"; readonly subject: string; readonly detail: string }
  | {
      readonly verdict: "warn" | "fail";
      readonly subject: string;
      readonly detail: string;
      readonly remedy: string;
    };

export const ok = (subject: string, detail: string): Finding => ({ verdict: "ok", subject, detail });

/** The bridge works, but may lose data or delay it later. */
export const warn = (subject: string, detail: string, remedy: string): Finding => ({
  verdict: "warn",
  subject,
  detail,
  remedy,
});

/** The bridge does not work, or loses data. */
export const fail = (subject: string, detail: string, remedy: string): Finding => ({
  verdict: "fail",
  subject,
  detail,
  remedy,
});

/** Runs a check and returns its findings. An error of the check is a failed finding with this remedy. */
export async function runCheck(subject: string, remedy: string, check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check();
  } catch (error) {
    return [fail(subject, describeError(error), remedy)];
  }
}

/** Includes the cause, because the message of a failed request is only `fetch failed`. */
function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
