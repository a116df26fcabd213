import { expect, test } from "vitest";
import { z } from "zod";
import { describeIssue } from "./issue-messages.ts";

const schema = z.strictObject({
  name: z.string().min(2).max(4),
  id: z.string().min(1),
  page: z.int().min(1).max(9),
  list: z.array(z.string()).min(1).max(2),
  email: z.email(),
  at: z.iso.datetime(),
  kind: z.enum(["a", "b"]),
  own: z.string().regex(/^x/, "Must begin with x"),
});
const valid = {
  name: "Ada",
  id: "1",
  page: 1,
  list: ["a"],
  email: "a@example.com",
  at: "2026-01-31T09:30:00Z",
  kind: "a",
  own: "x",
};

test.for<[change: Record<string, unknown>, message: string]>([
  [{ name: "A" }, "Must have at least 2 characters"],
  [{ name: "Augusta" }, "Must have at most 4 characters"],
  [{ name: undefined }, "Is required"],
  [{ name: 7 }, "Must be text"],
  [{ id: "" }, "Must not be empty"],
  [{ page: 0 }, "Must be at least 1"],
  [{ page: 10 }, "Must be at most 9"],
  [{ page: 1.5 }, "Must be a whole number"],
  [{ page: "one" }, "Must be a number"],
  [{ list: [] }, "Must have at least 1 entry"],
  [{ list: ["a", "b", "c"] }, "Must have at most 2 entries"],
  [{ list: "a" }, "Must be a list"],
  [{ email: "ada" }, "Must be an email address"],
  [{ at: "yesterday" }, "Must be a time in ISO 8601, for example 2026-01-31T09:30:00Z"],
  [{ kind: "c" }, "Must be one of a, b"],
  [{ own: "y" }, "Must begin with x"],
  [{ role: "admin" }, "Unknown: role"],
])("%j is refused with a sentence", ([change, message]) => {
  const { error } = schema.safeParse({ ...valid, ...change }, { error: describeIssue });
  expect(error?.issues.map((issue) => issue.message)).toEqual([message]);
});
