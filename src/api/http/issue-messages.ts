import { z } from "zod";

/** Messages of validation that people understand, where a schema has none of its own. Call it once, before the first request. */
export function usePlainIssueMessages(): void {
  z.config({ customError: describeIssue });
}

const kinds: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

const formats: Readonly<Record<string, string>> = {
  email: "an email address",
  datetime: "a time in ISO 8601, for example 2026-01-31T09:30:00Z",
  url: "a URL",
  ipv4: "an IP address",
  ipv6: "an IP address",
};

/** Undefined: zod's own message. Pure. */
export function describeIssue(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "Is required" : `Must be ${kinds[issue.expected] ?? issue.expected}`;
    case "too_small":
      return describeBound(issue.origin, "at least", Number(issue.minimum));
    case "too_big":
      return describeBound(issue.origin, "at most", Number(issue.maximum));
    case "invalid_format":
      return formats[issue.format] === undefined ? undefined : `Must be ${formats[issue.format]}`;
    case "invalid_value":
      return `Must be ${issue.values.length === 1 ? "" : "one of "}${issue.values.map(String).join(", ")}`;
    case "unrecognized_keys":
      return `Unknown: ${issue.keys.join(", ")}`;
    case "custom":
    case "invalid_element":
    case "invalid_key":
    case "invalid_union":
    case "not_multiple_of":
      return undefined;
  }
}

function describeBound(origin: string, bound: "at least" | "at most", value: number): string {
  if (origin === "string" && bound === "at least" && value === 1) return "Must not be empty";
  const unit = value === 1 ? units[origin]?.one : units[origin]?.many;
  return unit === undefined ? `Must be ${bound} ${value}` : `Must have ${bound} ${value} ${unit}`;
}

const units: Readonly<Record<string, { readonly one: string; readonly many: string }>> = {
  string: { one: "character", many: "characters" },
  array: { one: "entry", many: "entries" },
};
