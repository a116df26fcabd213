import { randomBytes } from "node:crypto";
import { makeUser } from "./make-user.ts";

/** An unsigned webhook as Clerk sends it through Svix. */
export interface BenchMessage {
  /** `svix-id`. */
  readonly id: string;
  readonly userId: string;
  /** The JSON of a `user.updated`: ASCII and exactly {@link bodyBytes} long. */
  readonly body: string;
}

const bodyBytes = 3 * 1024;

/**
 * Creates an endless series of messages for `users` users in turn. Every message has a new id and is a newer version of its
 * user with other content, so that each gives one event. `userIds`: users that exist; without them, new ones. Two messages of one user are `users` messages apart.
 */
export function createMessageSource(users: number, userIds: readonly string[] = []): (count: number) => BenchMessage[] {
  const run = randomBytes(6).toString("hex");
  const startedAt = Date.now();
  let made = 0;
  const next = (): BenchMessage => {
    const number = made++;
    const userId = userIds[number % userIds.length] ?? `user_${run}${String(number % users).padStart(15, "0")}`;
    return { id: `msg_${run}${String(number).padStart(15, "0")}`, userId, body: bodyOf(userId, number, startedAt) };
  };
  return (count) => Array.from({ length: count }, next);
}

function bodyOf(userId: string, number: number, startedAt: number): string {
  const write = (bio: string) =>
    JSON.stringify({
      data: { ...makeUser(userId, number, startedAt + number), unsafe_metadata: { bio } },
      event_attributes: { http_request: { client_ip: "203.0.113.7", user_agent: "Mozilla/5.0 (X11; Linux x86_64)" } },
      instance_id: "ins_2ZJm8vUfQWbTyq3cBAAAAAAAAAA",
      object: "event",
      timestamp: startedAt + number,
      type: "user.updated",
    });
  return write("a".repeat(bodyBytes - write("").length));
}
