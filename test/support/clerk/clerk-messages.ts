import type { User } from "@clerk-kafka-bridge/events";
import { randomUUID } from "node:crypto";

/** A message as Clerk sends it, without its signature. */
export interface ClerkMessage {
  /** `svix-id`. */
  readonly id: string;
  readonly body: string;
}

/** A message with the facts from which {@link expectedUsers} derives the final state of its user. */
export interface UserMessage {
  readonly message: ClerkMessage;
  readonly userId: string;
  /** `undefined` for a deletion. */
  readonly user: User | undefined;
  readonly version: number;
}

/** Part of the metadata that the bridge must never store. Tests search for it. */
export const secretOfMetadata = "only-for-the-backend-7f3a";

export const newUserId = (): string => `user_${randomUUID().replaceAll("-", "")}`;
export const newMessageId = (): string => `msg_${randomUUID().replaceAll("-", "")}`;

/** A user with a value in every field. */
export function makeUser(changes: Partial<User> = {}): User {
  const id = changes.id ?? newUserId();
  return {
    id,
    firstName: "Ada",
    lastName: "Lovelace",
    username: id.slice(-12),
    emailAddress: [`${id}@example.com`],
    role: "user",
    ...changes,
  };
}

/** The creation time of the test users. Recent, so that no worker checks whether they are stale. */
const createdAt = Date.now() - 3_600_000;

/** The version (Clerk's `updated_at`) of a user's n-th change. */
export const versionOf = (change: number): number => createdAt + change * 1_000;

export function userMessage(type: "user.created" | "user.updated", user: User, change: number): UserMessage {
  const version = versionOf(change);
  return { message: writeMessage(type, clerkUserJson(user, version), version), userId: user.id, user, version };
}

export function deletionMessage(userId: string): UserMessage {
  const at = versionOf(1_000);
  const data = { id: userId, object: "user", deleted: true };
  return {
    message: writeMessage("user.deleted", data, at),
    userId,
    user: undefined,
    version: Number.POSITIVE_INFINITY,
  };
}

/** Any message in Clerk's envelope. */
export function writeMessage(type: string, data: unknown, timestamp = Date.now()): ClerkMessage {
  const envelope = {
    data,
    event_attributes: { http_request: { client_ip: "203.0.113.7", user_agent: "tests" } },
    instance_id: "ins_tests",
    object: "event",
    timestamp,
    type,
  };
  return { id: newMessageId(), body: JSON.stringify(envelope) };
}

/** Clerk's UserJSON of a published user. The primary address comes last, as it can in Clerk. */
export function clerkUserJson(user: User, version: number): Record<string, unknown> & { id: string } {
  const addresses = user.emailAddress.map((address, index) => ({
    id: `idn_${index}`,
    object: "email_address",
    email_address: address,
    verification: { status: "verified", strategy: "email_code", attempts: 1, expire_at: createdAt },
    linked_to: [],
  }));
  return {
    id: user.id,
    object: "user",
    username: user.username || null,
    first_name: user.firstName || null,
    last_name: user.lastName || null,
    primary_email_address_id: addresses.length > 0 ? "idn_0" : null,
    email_addresses: [...addresses.slice(1), ...addresses.slice(0, 1)],
    phone_numbers: [{ id: "idn_phone", object: "phone_number", phone_number: "+15550100" }],
    public_metadata: { role: user.role, plan: "pro" },
    private_metadata: { note: secretOfMetadata },
    unsafe_metadata: { note: secretOfMetadata },
    password_enabled: true,
    last_sign_in_at: version,
    created_at: createdAt,
    updated_at: version,
  };
}

export const messagesOf = (history: readonly UserMessage[]): ClerkMessage[] => history.map(({ message }) => message);

/** The expected final state of each user: the newest snapshot, or `undefined` if any message is a deletion. */
export function expectedUsers(history: readonly UserMessage[]): Map<string, User | undefined> {
  const newest = new Map<string, UserMessage>();
  for (const message of history) {
    const known = newest.get(message.userId);
    if (known === undefined || message.version > known.version) newest.set(message.userId, message);
  }
  return new Map([...newest].map(([userId, { user }]) => [userId, user]));
}
