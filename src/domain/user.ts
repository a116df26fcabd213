import { type OptionalField, optionalFieldsSchema, type User, type UserChanges } from "@clerk-kafka-bridge/events";
import { stringify } from "safe-stable-stringify";

/** The role of a user to whom no role is assigned. */
export const defaultRole = "user";

/** The fields that `EVENT_FIELDS` can add, in the order in which they are published. */
export const optionalFields: readonly OptionalField[] = optionalFieldsSchema.keyof().options;

/** The optional fields that a user has. */
export const optionalFieldsOf = (user: UserChanges): OptionalField[] =>
  optionalFields.filter((field) => user[field] !== undefined);

/** The total number of characters in the published fields. */
export const lengthOf = (user: UserChanges): number =>
  [user.firstName, user.lastName, user.username, user.role, ...(user.emailAddress ?? [])].reduce(
    (sum, text) => sum + (text?.length ?? 0),
    0,
  ) + optionalFieldsOf(user).reduce((sum, field) => sum + textOf(user[field]).length, 0);

/** The published fields as one string: equal users give equal strings, whatever their key order. It also breaks version ties. */
export const contentOf = (user: User): string =>
  JSON.stringify([
    user.id,
    user.firstName,
    user.lastName,
    user.username,
    user.emailAddress,
    user.role,
    ...optionalFieldsOf(user).flatMap((field) => [field, textOf(user[field])]),
  ]);

/** The published fields in which two users differ. A field that only one of them has differs too. */
export const differingFields = (before: User, after: User): (keyof UserChanges)[] =>
  changingFields.filter((field) => before[field] !== after[field] && textOf(before[field]) !== textOf(after[field]));

/**
 * The fields of `after` that differ from `before`; an empty object if none differs. A field that `after` does not have is no change: it
 * is no longer published.
 */
export function changesBetween(before: User, after: User): UserChanges {
  const changes: UserChanges = {};
  for (const field of differingFields(before, after)) {
    if (after[field] !== undefined) Object.assign(changes, { [field]: after[field] });
  }
  return changes;
}

const changingFields: readonly (keyof UserChanges)[] = [
  ...(["firstName", "lastName", "username", "emailAddress", "role"] as const),
  ...optionalFields,
];

/** Equal values give equal texts, whatever the order of their keys. */
const textOf = (value: unknown): string => stringify(value) ?? "";
