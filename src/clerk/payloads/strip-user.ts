import { userJsonSchema } from "./user-json.ts";

const keptFields = [...Object.keys(userJsonSchema.shape), "deleted"];
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const pick = (from: Record<string, unknown>, fields: readonly string[]) =>
  Object.fromEntries(fields.filter((field) => field in from).map((field) => [field, from[field]]));

/**
 * Keeps of a Clerk user what the bridge needs, and nothing else: no private or unsafe metadata, phone numbers, backup
 * codes or addresses of sign-ins ever reach the queue. It does not validate; what has an unexpected shape stays as it is
 * under the kept names, so that the worker can say what was wrong with it.
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
