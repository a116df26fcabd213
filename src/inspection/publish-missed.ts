import type { UserReader } from "../clerk/users/read-user.ts";
import type { MessageQueues } from "../queue/message-queues.ts";
import { writeDeletion, writeSnapshot } from "../reconciliation/compare/queue-missed.ts";
import type { UserInspection } from "./inspect-user.ts";

interface PublishContext {
  readonly queues: Pick<MessageQueues, "add">;
  readonly readUser: UserReader;
  readonly now: () => number;
}

/** What was queued, or why nothing was. */
export type Published =
  | { readonly outcome: "queued"; readonly what: "snapshot" | "deletion" }
  | { readonly outcome: "nothing"; readonly reason: string };

/**
 * Queues what Clerk says of a user now, if that differs from what is published: the owner of the shard decides what it means, so a needless
 * call does no harm. A deletion needs Clerk's proof, as in a sweep. Throws what Redis throws.
 */
export async function publishMissed(
  { queues, readUser, now }: PublishContext,
  { userId, shard, state, problems }: Pick<UserInspection, "userId" | "shard" | "state" | "problems">,
): Promise<Published> {
  if (problems.length === 0) return { outcome: "nothing", reason: "the published state is Clerk's" };
  if (state?.status === "deleted")
    return { outcome: "nothing", reason: "it is published as deleted: bridge users restore" };
  const answer = await readUser(userId);
  switch (answer.outcome) {
    case "unavailable":
      return { outcome: "nothing", reason: answer.reason };
    case "missing":
      await queues.add(shard, writeDeletion(userId, "reconciliation", now()));
      return { outcome: "queued", what: "deletion" };
    case "found": {
      const { data, fields, readAt } = answer;
      const user = { id: userId, updatedAt: Number(data["updated_at"]), data, ...(fields && { fields }) };
      await queues.add(shard, writeSnapshot(user, "reconciliation", "user.updated", readAt));
      return { outcome: "queued", what: "snapshot" };
    }
  }
}
