import type { User, UserChanges } from "@clerk-kafka-bridge/events";

/** The role of a user to whom no role is assigned. */
export const defaultRole = "user";

/** The total number of characters in the published fields. */
export const lengthOf = ({ firstName, lastName, username, role, emailAddress = [] }: UserChanges): number =>
  [firstName, lastName, username, role, ...emailAddress].reduce((sum, text) => sum + (text?.length ?? 0), 0);

/** The published fields as one string: equal users give equal strings, whatever their key order. It also breaks version ties. */
export const contentOf = (user: User): string =>
  JSON.stringify([user.id, user.firstName, user.lastName, user.username, user.emailAddress, user.role]);

/** The fields of `after` that differ from `before`; an empty object if none differs. */
export function changesBetween(before: User, after: User): UserChanges {
  const changes: UserChanges = {};
  if (before.firstName !== after.firstName) changes.firstName = after.firstName;
  if (before.lastName !== after.lastName) changes.lastName = after.lastName;
  if (before.username !== after.username) changes.username = after.username;
  if (before.role !== after.role) changes.role = after.role;
  if (JSON.stringify(before.emailAddress) !== JSON.stringify(after.emailAddress)) {
    changes.emailAddress = after.emailAddress;
  }
  return changes;
}
