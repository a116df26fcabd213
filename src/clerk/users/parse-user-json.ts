import { ClerkFailedError } from "../client/clerk-errors.ts";
import { type UserJson, userJsonSchema } from "../payloads/user-json.ts";

/** Parses a user in a response. The SDK passes on any body, such as a proxy's error page: that throws a {@link ClerkFailedError}. */
export function parseUserJson(raw: unknown): UserJson {
  const parsed = userJsonSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw unreadableResponse(parsed.error);
}

export const unreadableResponse = (cause?: unknown): ClerkFailedError =>
  new ClerkFailedError("Clerk's response cannot be parsed", { cause });
