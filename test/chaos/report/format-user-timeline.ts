import type { WebhookMessage } from "clerk-emulator";
import type { Violation } from "../../support/bridge/find-violations.ts";
import type { TopicRecord } from "../../support/kafka/read-topic.ts";
import type { ClerkHistory } from "../invariants/check-result.ts";

/**
 * Formats the timeline of the violated user with the fewest messages: what Clerk sent and when it arrived, what was
 * published, and what Clerk returns now. Returns `undefined` when no violation concerns a user.
 */
export function formatUserTimeline(
  violations: readonly Violation[],
  clerkHistory: ClerkHistory,
  events: readonly TopicRecord[],
): string | undefined {
  const messages = Map.groupBy(clerkHistory.messages, ({ userId }) => userId);
  const lengthOf = (userId: string) => messages.get(userId)?.length ?? 0;
  const violated = [...new Set(violations.map(({ userId }) => userId))].filter((userId) => userId !== "");
  const [userId] = violated.toSorted((a, b) => lengthOf(a) - lengthOf(b));
  if (userId === undefined) return undefined;
  return [
    `${userId}:`,
    ...violations.filter((violation) => violation.userId === userId).map(({ what }) => `  violated: ${what}`),
    ...(messages.get(userId) ?? []).map(formatMessage),
    ...events.filter(({ key }) => key === userId).map(formatEvent),
    `  Clerk now: ${JSON.stringify(clerkHistory.users.find(({ id }) => id === userId) ?? "deleted")}`,
  ].join("\n");
}

function formatMessage({ id, type, state, body, attempts }: WebhookMessage): string {
  const version = /"updated_at":(\d+)\D*$/.exec(body)?.[1] ?? "";
  const arrivals = attempts.map(({ at, status, reason }) => `${new Date(at).toISOString()} ${status ?? reason}`);
  return `  message ${id} ${type} ${version} (${state}): ${arrivals.join(", ")}`;
}

function formatEvent({ partition, offset, headers, value }: TopicRecord): string {
  return `  event ${partition}/${offset} no. ${headers["ce_sequence"]} by ${headers["svix-id"] ?? headers["ce_origin"]}: ${value}`;
}
