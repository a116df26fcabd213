import { z } from "zod";
import type { Violation } from "../../support/bridge/find-violations.ts";
import { readTopic, type TopicRecord } from "../../support/kafka/read-topic.ts";
import { expectUsers } from "./expect-users.ts";
import type { CheckResult, ClerkHistory } from "./check-result.ts";

const valueSchema = z.object({
  eventType: z.string(),
  data: z.object({ firstName: z.string(), lastName: z.string(), emailAddress: z.array(z.string()), role: z.string() }),
});

/** Counts the events that the naive worker repeated, lost and reordered. Its events are whole snapshots, one per message. */
export async function checkNaive(
  brokers: readonly string[],
  topic: string,
  clerkHistory: ClerkHistory,
): Promise<CheckResult> {
  const events = await readTopic(brokers, topic);
  const timesPublished = new Map<string, number>();
  for (const id of events.map(messageIdOf)) timesPublished.set(id, (timesPublished.get(id) ?? 0) + 1);
  const accepted = clerkHistory.messages.filter(({ type, state }) => type.startsWith("user.") && state === "delivered");
  const repeated = [...timesPublished].flatMap(([id, times]) => Array.from({ length: times - 1 }, () => id));
  const lost = accepted.filter(({ id }) => !timesPublished.has(id));
  const { disordered, wrong } = checkUsers(events, clerkHistory);
  const violations: Violation[] = [
    ...repeated.map((id) => ({ userId: userOf(clerkHistory, id), what: `${id} gave an event more than once` })),
    ...lost.map(({ id, userId }) => ({ userId, what: `${id} was accepted and gave no event` })),
    ...disordered.map((userId) => ({ userId, what: "its events are not created, updated*, deleted" })),
    ...wrong.map((userId) => ({ userId, what: "its last event is not what Clerk says" })),
  ];
  return {
    events,
    violations,
    counts: {
      events: events.length,
      repeated: repeated.length,
      lost: lost.length,
      "users out of order": disordered.length,
      "users wrong in the end": wrong.length,
    },
  };
}

const messageIdOf = ({ headers }: TopicRecord): string => headers["svix-id"] ?? "";
const userOf = ({ messages }: ClerkHistory, messageId: string) =>
  messages.find(({ id }) => id === messageId)?.userId ?? "";

function checkUsers(
  events: readonly TopicRecord[],
  clerkHistory: ClerkHistory,
): { disordered: string[]; wrong: string[] } {
  const histories = Map.groupBy(
    events.filter(({ headers }) => !("bridge_barrier" in headers)),
    ({ key }) => key,
  );
  const disordered: string[] = [];
  const wrong: string[] = [];
  for (const [userId, user] of expectUsers(clerkHistory, () => true)) {
    const history = (histories.get(userId) ?? []).map(({ value }) => valueSchema.parse(JSON.parse(String(value))));
    const types = history.map(({ eventType }) => eventType).join(" ");
    if (!/^user\.created( user\.updated)*( user\.deleted)?$/.test(types)) disordered.push(userId);
    const last = history.at(-1);
    const ends = user === undefined ? last?.eventType === "user.deleted" : isOf(last, user);
    if (!ends) wrong.push(userId);
  }
  return { disordered, wrong };
}

/** The naive worker publishes addresses in Clerk's order and no username; neither counts as a violation. */
function isOf(last: z.infer<typeof valueSchema> | undefined, user: z.infer<typeof valueSchema>["data"]): boolean {
  if (last === undefined || last.eventType === "user.deleted") return false;
  const { firstName, lastName, role, emailAddress } = last.data;
  const sameAddresses = emailAddress.toSorted().join() === user.emailAddress.toSorted().join();
  return firstName === user.firstName && lastName === user.lastName && role === user.role && sameAddresses;
}
