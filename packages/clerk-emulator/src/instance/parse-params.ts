import type { z } from "zod";
import { type ApiErrorItem, rejectForm } from "../errors/clerk-api-error.ts";
import {
  paramMissing,
  paramOfWrongType,
  paramTooLong,
  paramUnknown,
  paramValueInvalid,
  timeInvalid,
  tooManyItems,
} from "../errors/form-errors.ts";

/** Parses the parameters of an operation. Throws Clerk's 422 with one item for each invalid parameter. */
export function parseParams<Params>(schema: z.ZodType<Params>, params: unknown): Params {
  const parsed = schema.safeParse(params, { reportInput: true });
  if (parsed.success) return parsed.data;
  rejectForm(parsed.error.issues.flatMap(toFormErrors));
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

/** The parameters of a query string, each with all its values in order. */
export type QueryValues = Readonly<Record<string, readonly string[] | undefined>>;

export interface Page {
  /** 1 to 500. */
  readonly limit: number;
  readonly offset: number;
}

/** A value that is out of range or not a number silently counts as absent: a limit of 501 gives 10, as in Clerk. */
export function readPage(query: QueryValues): Page {
  const limit = readWhole(query["limit"]?.[0]);
  return {
    limit: limit !== undefined && limit >= 1 && limit <= 500 ? limit : 10,
    offset: readWhole(query["offset"]?.[0]) ?? 0,
  };
}

/** A non-negative whole number. */
export function readWhole(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Splits off the optional sign of a value. An unescaped `+` in a query string arrives as a space. */
export function readSigned(text: string): { readonly sign: "+" | "-"; readonly value: string } {
  return { sign: text.startsWith("-") ? "-" : "+", value: text.replace(/^[+\- ]/, "") };
}
