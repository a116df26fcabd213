import type { ClerkApi } from "../../clerk/client/clerk-api.ts";
import { ClerkRequestError } from "../../clerk/client/clerk-errors.ts";
import type { ApiError } from "../../http/api-error.ts";
import { UpdateIncompleteError, type UpdateStep } from "./user-errors.ts";
import type { EmailChange } from "./plan-email-changes.ts";
import { type Attempt, toUserError } from "./to-user-error.ts";

export interface Update {
  readonly userId: string;
  /** By the names of Clerk's `updateUser`; none: no such step. */
  readonly fields: Readonly<Partial<Record<"firstName" | "lastName" | "username" | "password", string>>>;
  readonly emails: readonly EmailChange[];
}

/** `latest` is the user as Clerk last said, undefined if it said nothing; `readAt` is for its way to Kafka. */
export type Applied = { readonly latest: unknown; readonly readAt: number } & (
  | { readonly outcome: "done" }
  | { readonly outcome: "stopped"; readonly error: ApiError }
);

interface Step {
  readonly name: UpdateStep;
  readonly attempt: Attempt;
  readonly run: () => Promise<void>;
}

/**
 * Makes an update, step by step: the fields in one call, each change of an e-mail address in another, and when addresses
 * changed one more to read what the user is now. Stops at the first step that fails.
 */
export async function applyUpdate(clerk: ClerkApi, update: Update, now: () => number): Promise<Applied> {
  const { userId, fields, emails } = update;
  let latest: unknown;
  let readAt = 0;
  const setFields = async () => {
    const user = await clerk.write("users.update", ({ users }) => users.updateUser(userId, fields), {
      patches: userId,
    });
    latest = user.raw;
  };
  const readBack = async () => {
    const user = await clerk.read("users.get", ({ users }) => {
      readAt = now();
      return users.getUser(userId);
    });
    latest = user.raw;
  };
  const steps: Step[] = [
    ...(Object.keys(fields).length > 0
      ? [{ name: "fields" as const, attempt: { userId, username: fields.username }, run: setFields }]
      : []),
    ...emails.map((change) => ({
      name: change.step,
      attempt: { userId, emailAddress: [change.address] },
      run: () => changeEmail(clerk, userId, change),
    })),
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
