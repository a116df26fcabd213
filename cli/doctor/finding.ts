/** What one check of the doctor found. `mend` says what to do about it. */
export type Finding =
  | { readonly verdict: "good"; readonly about: string; readonly detail: string }
  | { readonly verdict: "warn" | "bad"; readonly about: string; readonly detail: string; readonly mend: string };

export const good = (about: string, detail: string): Finding => ({ verdict: "good", about, detail });
export const warn = (about: string, detail: string, mend: string): Finding => ({
  verdict: "warn",
  about,
  detail,
  mend,
});
export const bad = (about: string, detail: string, mend: string): Finding => ({ verdict: "bad", about, detail, mend });

/** Runs a check; what it throws is a finding as well. */
export async function runCheck(about: string, mend: string, check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check();
  } catch (error) {
    return [bad(about, describe(error), mend)];
  }
}

/** With its cause: by itself `fetch failed` tells nobody anything. */
const describe = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
};
