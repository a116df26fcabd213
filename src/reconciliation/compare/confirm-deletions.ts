import type { ReconciliationContext } from "../reconciliation-context.ts";
import { ClerkUnavailableError } from "../../clerk/client/clerk-errors.ts";
import type { Missed } from "./compare-page.ts";
import { queueMissed } from "./queue-missed.ts";
import { addFound, type Findings, reconcilePage } from "./reconcile-page.ts";
import { writeDeletion } from "./queue-missed.ts";

/**
 * Asks Clerk about each user that its list did not contain, one by one, and queues the deletion of users that Clerk does not know. The
 * others are compared like all users. Throws {@link ClerkUnavailableError} for the first user that Clerk does not answer for; the
 * deletions queued before are right.
 */
export async function confirmDeletions(
  context: ReconciliationContext,
  unseen: Iterable<string>,
  findings: Findings,
): Promise<void> {
  for (const userId of unseen) {
    context.signal.throwIfAborted();
    const answer = await context.readUser(userId);
    switch (answer.outcome) {
      case "missing": {
        const noticedAt = context.now();
        const message = writeDeletion(userId, "reconciliation", noticedAt);
        const deleted: Missed = { userId, message, what: "deleted", changedAt: undefined };
        await queueMissed(context, [deleted]);
        addFound(findings, deleted);
        break;
      }
      case "found": {
        const updatedAt = Number(answer.data["updated_at"]);
        await reconcilePage(
          context,
          { users: [{ id: userId, updatedAt, data: answer.data }], readAt: answer.readAt },
          findings,
        );
        break;
      }
      case "unavailable":
        throw new ClerkUnavailableError(answer.reason);
    }
  }
}
