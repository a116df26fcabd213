import { z } from "zod";

/** Clerk's ids are printable ASCII without blanks; keys of our own in the state topic hold a blank, so the two never meet. */
export const userIdSchema = z.string().regex(/^[!-~]{1,255}$/);

/**
 * A user as this bridge publishes it: what consumers see in `user.created`, in the state topic and in `changes`.
 * What Clerk has as null is `""`. `emailAddress` has the primary address first, and may be empty.
 */
export const userSchema = z.object({
  id: userIdSchema,
  firstName: z.string(),
  lastName: z.string(),
  username: z.string(),
  emailAddress: z.array(z.string()),
  role: z.string(),
});
export type User = z.infer<typeof userSchema>;

/** The role of a user to whom no role is assigned. */
export const defaultRole = "user";

/** The parts of a user that can change. */
export const userChangesSchema = userSchema.omit({ id: true }).partial();
export type UserChanges = z.infer<typeof userChangesSchema>;

/** How many characters the published texts hold in all. */
export const lengthOf = ({ firstName, lastName, username, role, emailAddress = [] }: UserChanges): number =>
  [firstName, lastName, username, role, ...emailAddress].reduce((sum, text) => sum + (text?.length ?? 0), 0);

/** One text for one content: equal users give equal texts, whatever the order of their keys. Also breaks ties of version. */
export const contentOf = (user: User): string =>
  JSON.stringify([user.id, user.firstName, user.lastName, user.username, user.emailAddress, user.role]);

/** The fields of `after` that differ from `before`; an empty object when none does. */
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
