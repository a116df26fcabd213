import { ClerkUnavailableError } from "../../clerk/client/clerk-errors.ts";
import type { UserReader } from "../../clerk/users/user-reader.ts";
import type { Missed } from "./compare-page.ts";
import { queueMissed } from "./queue-missed.ts";
import { addFound, type Findings, reconcilePage, type ReconcilePageDeps } from "./reconcile-page.ts";
import { writeDeletion } from "./write-message.ts";

export interface ConfirmDeps extends ReconcilePageDeps {
  readonly readUser: UserReader;
  readonly now: () => number;
}

/**
 * Asks Clerk about each user that its list did not show, one by one, and queues the deletion of those it does not know.
 * The others are compared like all. Throws {@link ClerkUnavailableError} at the first of whom Clerk says nothing; what was queued
 * before is right all the same.
 */
export async function confirmDeletions(deps: ConfirmDeps, unseen: Iterable<string>, findings: Findings): Promise<void> {
  for (const userId of unseen) {
    deps.signal.throwIfAborted();
    const answer = await deps.readUser(userId);
    switch (answer.outcome) {
      case "missing": {
        const noticedAt = deps.now();
        const message = writeDeletion(userId, "reconciliation", noticedAt);
        const deleted: Missed = { userId, message, what: "deleted", changedAt: undefined };
        await queueMissed(deps, [deleted]);
        addFound(findings, deleted);
        break;
      }
      case "found": {
        const updatedAt = Number(answer.data["updated_at"]);
        await reconcilePage(
          deps,
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
