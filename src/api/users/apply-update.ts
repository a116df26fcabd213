import type { ClerkApi } from "../../clerk/client/clerk-api.ts";
import { revokeSessions } from "../../clerk/users/revoke-sessions.ts";
import { ClerkRequestError } from "../../clerk/client/clerk-errors.ts";
import { getUser } from "../../clerk/users/read-user.ts";
import type { ApiError } from "../../http/api-error.ts";
import { changesCredentials, type EmailChange, type UpdatePlan } from "./plan-update.ts";
import { toUserError, UpdateIncompleteError, type UpdateStep, type WriteAttempt } from "./user-errors.ts";

/**
 * `latest` is the user as Clerk last returned it, undefined if no call returned it. `readAt` is the time just before it was
 * read, in ms, or 0 if `latest` is the response to a write.
 */
export type AppliedUpdate = { readonly latest: unknown; readonly readAt: number } & (
  | { readonly outcome: "done" }
  | { readonly outcome: "stopped"; readonly error: ApiError }
);

interface Step {
  readonly name: UpdateStep;
  readonly attempt: WriteAttempt;
  readonly run: () => Promise<void>;
}

export interface ApplyOptions {
  /** The session that survives a change of credentials: the caller's own, if the user is the caller. */
  readonly keepSession: string | undefined;
  readonly now: () => number;
}

/**
 * Applies an update step by step: one call for the fields, one for each change of an address; if the password or addresses changed, the
 * end of the user's other sessions; and, if addresses changed, one call to read the user back. Stops at the first step that fails.
 */
export async function applyUpdate(
  clerk: ClerkApi,
  plan: UpdatePlan,
  { keepSession, now }: ApplyOptions,
): Promise<AppliedUpdate> {
  const { userId, fields, emails } = plan;
  let latest: unknown;
  let readAt = 0;
  const setFields = async () => {
    const user = await clerk.write("users.update", ({ users }) => users.updateUser(userId, fields), {
      patches: userId,
    });
    latest = user.raw;
  };
  const readBack = async () => {
    ({ raw: latest, readAt } = await getUser(clerk, userId, now));
  };
  const endSessions = async () => void (await revokeSessions(clerk, userId, { except: keepSession }));
  const steps: Step[] = [
    ...(Object.keys(fields).length > 0
      ? [{ name: "fields" as const, attempt: { userId, username: fields.username }, run: setFields }]
      : []),
    ...emails.map((change) => ({
      name: change.step,
      attempt: { userId, emailAddress: [change.address] },
      run: () => changeEmail(clerk, userId, change),
    })),
    ...(changesCredentials(plan) ? [{ name: "revoke_sessions" as const, attempt: { userId }, run: endSessions }] : []),
    ...(emails.length > 0 ? [{ name: "read_back" as const, attempt: { userId }, run: readBack }] : []),
  ];

  const done: UpdateStep[] = [];
  for (const { name, attempt, run } of steps) {
    try {
      await run();
      done.push(name);
    } catch (thrown) {
      const failure = await toUserError(clerk, thrown, attempt);
      const error = done.length === 0 ? failure : new UpdateIncompleteError(name, failure, done);
      return { outcome: "stopped", error, latest, readAt: 0 };
    }
  }
  return { outcome: "done", latest, readAt };
}

async function changeEmail(clerk: ClerkApi, userId: string, change: EmailChange): Promise<void> {
  switch (change.step) {
    case "add_email":
      await clerk.write("email_addresses.create", ({ emailAddresses }) =>
        emailAddresses.createEmailAddress({
          userId,
          emailAddress: change.address,
          verified: true,
          primary: change.primary,
        }),
      );
      return;
    case "primary_email":
      await clerk.write("email_addresses.update", ({ emailAddresses }) =>
        emailAddresses.updateEmailAddress(change.id, { primary: true, ...(change.verify && { verified: true }) }),
      );
      return;
    case "remove_email":
      try {
        await clerk.write("email_addresses.delete", ({ emailAddresses }) =>
          emailAddresses.deleteEmailAddress(change.id),
        );
      } catch (error) {
        const gone = error instanceof ClerkRequestError && error.status === 404;
        if (!gone) throw error;
      }
  }
}
