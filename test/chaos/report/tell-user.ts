import type { WebhookMessage } from "clerk-emulator";
import type { Violation } from "../../support/bridge/find-violations.ts";
import type { TopicRecord } from "../../support/kafka/read-topic.ts";
import type { EnvelopeTimes } from "../judge/judgement.ts";

/**
 * Tells all about one violated user, the one with the fewest messages: what Clerk sent and when it arrived, what was
 * published, what Clerk says now. Nothing when no violation is about a user.
 */
export function formatUserTimeline(
  violations: readonly Violation[],
  told: EnvelopeTimes,
  events: readonly TopicRecord[],
): string | undefined {
  const messages = Map.groupBy(told.messages, ({ userId }) => userId);
  const lengthOf = (userId: string) => messages.get(userId)?.length ?? 0;
  const violated = [...new Set(violations.map(({ userId }) => userId))].filter((userId) => userId !== "");
  const [userId] = violated.toSorted((a, b) => lengthOf(a) - lengthOf(b));
  if (userId === undefined) return undefined;
  return [
    `${userId}:`,
    ...violations.filter((violation) => violation.userId === userId).map(({ what }) => `  violated: ${what}`),
    ...(messages.get(userId) ?? []).map(tellMessage),
    ...events.filter(({ key }) => key === userId).map(tellEvent),
    `  Clerk now: ${JSON.stringify(told.users.find(({ id }) => id === userId) ?? "deleted")}`,
  ].join("\n");
}

function tellMessage({ id, type, state, body, attempts }: WebhookMessage): string {
  const version = /"updated_at":(\d+)\D*$/.exec(body)?.[1] ?? "";
  const arrivals = attempts.map(({ at, status, reason }) => `${new Date(at).toISOString()} ${status ?? reason}`);
  return `  message ${id} ${type} ${version} (${state}): ${arrivals.join(", ")}`;
}

function tellEvent({ partition, offset, headers, value }: TopicRecord): string {
  return `  event ${partition}/${offset} no. ${headers["ce_sequence"]} by ${headers["svix-id"] ?? headers["ce_origin"]}: ${value}`;
}
