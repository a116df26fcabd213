import { userJsonSchema } from "./user-json.ts";

const keptFields = [...Object.keys(userJsonSchema.shape), "deleted"];
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const pick = (from: Record<string, unknown>, fields: readonly string[]) =>
  Object.fromEntries(fields.filter((field) => field in from).map((field) => [field, from[field]]));

/**
 * Keeps only the fields of a Clerk user that the bridge needs: private and unsafe metadata, phone numbers, backup codes and sign-in
 * addresses never reach the queue. It does not validate: a kept field with an unexpected value stays unchanged, so that the worker
 * can report the error.
 */
export function stripUser(data: Record<string, unknown>): Record<string, unknown> {
  const kept = pick(data, keptFields);
  if (Array.isArray(kept["email_addresses"])) {
    kept["email_addresses"] = kept["email_addresses"].map((address: unknown) =>
      isRecord(address) ? pick(address, ["id", "email_address"]) : address,
    );
  }
  const metadata = kept["public_metadata"];
  if (isRecord(metadata)) kept["public_metadata"] = pick(metadata, ["role"]);
  return kept;
}
