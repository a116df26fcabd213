import type { ApiErrorItem } from "../errors/clerk-api-error.ts";
import { usernameOfDigitsOnly, usernameOfWrongCharacters, usernameOfWrongLength } from "../errors/form-errors.ts";
import { checkUnclaimed } from "../identifications/check-identifiers.ts";
import type { UserDirectory } from "../instance/user-directory.ts";

/** What is wrong with a username that a user (or somebody new, without an id) is to get. */
export function checkUsername(users: UserDirectory, username: string, userId?: string): ApiErrorItem[] {
  if (username.length < 4 || username.length > 64) return [usernameOfWrongLength()];
  if (!/^[\w-]+$/.test(username)) return [usernameOfWrongCharacters()];
  if (/^\d+$/.test(username)) return [usernameOfDigitsOnly()];
  return checkUnclaimed(users, "username", [normaliseUsername(username)], userId);
}

/** Clerk tells usernames apart without regard to case and answers them in lower case. */
export function normaliseUsername(username: string): string {
  return username.toLowerCase();
}
