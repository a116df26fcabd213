import { setTimeout as delay } from "node:timers/promises";
import { ClerkUnavailableError } from "../../clerk/client/clerk-errors.ts";
import type { RunContext } from "../reconciliation-context.ts";
import type { Missed } from "./compare-page.ts";
import { queueMissed, writeDeletion } from "./queue-missed.ts";
import { addFound, type Findings, reconcilePage } from "./reconcile-page.ts";

/**
 * Asks Clerk about each user that its list did not contain, one by one, and queues the deletion of users that Clerk does not have. A
 * deletion is final, so it needs two answers some time apart (`deletionRecheckMs`): an error of Clerk's that lasts for seconds
 * deletes no user. Users that Clerk has are compared like all users.
 *
 * Throws {@link ClerkUnavailableError} for the first user that Clerk does not answer for; the deletions queued before are right.
 */
export async function confirmDeletions(
  context: RunContext,
  unseen: Iterable<string>,
  findings: Findings,
): Promise<void> {
  const missing: string[] = [];
  for await (const userId of findMissing(context, unseen, findings)) missing.push(userId);
  if (missing.length === 0) return;
  await delay(context.deletionRecheckMs, undefined, { signal: context.signal });
  for await (const userId of findMissing(context, missing, findings)) {
    const message = writeDeletion(userId, "reconciliation", context.now());
    const deleted: Missed = { userId, message, what: "deleted", changedAt: undefined };
    await queueMissed(context, [deleted]);
    addFound(findings, deleted);
  }
}

/** The users that Clerk does not have. The others are compared. */
async function* findMissing(
  context: RunContext,
  userIds: Iterable<string>,
  findings: Findings,
): AsyncGenerator<string> {
  for (const userId of userIds) {
    context.signal.throwIfAborted();
    const answer = await context.readUser(userId);
    switch (answer.outcome) {
      case "missing":
        yield userId;
        break;
      case "found": {
        const { data, readAt } = answer;
        const user = { id: userId, updatedAt: Number(data["updated_at"]), data };
        await reconcilePage(context, { users: [user], readAt }, findings);
        break;
      }
      case "unavailable":
        throw new ClerkUnavailableError(answer.reason);
    }
  }
}
