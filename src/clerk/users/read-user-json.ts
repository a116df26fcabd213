import { ApiError } from "../../http/api-error.ts";
import { type UserJson, userJsonSchema } from "../payloads/user-json.ts";

/**
 * What Clerk answered, as a user. The SDK hands on whatever came; what is no user (a page of some proxy, say) is 502
 * `clerk_failed`.
 */
export function readUserJson(raw: unknown): UserJson {
  const parsed = userJsonSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw unreadableAnswer(parsed.error);
}

export const unreadableAnswer = (cause?: unknown): ApiError =>
  new ApiError(502, "clerk_failed", "Clerk's answer cannot be read", { cause });
