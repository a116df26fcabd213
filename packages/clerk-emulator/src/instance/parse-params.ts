import type { z } from "zod";
import { type ApiErrorItem, refuseForm } from "../errors/clerk-api-error.ts";
import {
  paramMissing,
  paramOfWrongType,
  paramTooLong,
  paramUnknown,
  paramValueInvalid,
  timeInvalid,
  tooManyItems,
} from "../errors/form-errors.ts";

/** Reads the parameters of an operation, or throws Clerk's 422 with one item for each that is wrong. */
export function parseParams<Params>(schema: z.ZodType<Params>, params: unknown): Params {
  const parsed = schema.safeParse(params, { reportInput: true });
  if (parsed.success) return parsed.data;
  refuseForm(parsed.error.issues.flatMap(toFormErrors));
  throw parsed.error;
}

function toFormErrors(issue: z.core.$ZodIssue): ApiErrorItem[] {
  const param = String(issue.path[0] ?? "body");
  if (issue.code === "unrecognized_keys") return issue.keys.map(paramUnknown);
  if (issue.input === undefined) return [paramMissing(param)];
  if (issue.code === "invalid_type") return [paramOfWrongType(param, typeof issue.input, issue.expected)];
  if (issue.code === "invalid_format" && issue.format === "datetime") return [timeInvalid(param)];
  if (issue.code === "too_big" && issue.origin === "array") return [tooManyItems(param, Number(issue.maximum))];
  if (issue.code === "too_big" && issue.origin === "string") return [paramTooLong(param, Number(issue.maximum))];
  return [paramValueInvalid(param, JSON.stringify(issue.input))];
}
