import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { environmentSchema } from "./environment.ts";

interface Listed {
  readonly name: string;
  /** Whether the line is commented out, as all are that need no setting. */
  readonly isComment: boolean;
  readonly value: string;
  /** The comment above it. */
  readonly description: string;
}

/** The variables of `.env.example`: a comment of one line, then `NAME=value` or `#NAME=default`. */
const listed: Listed[] = [
  ...readFileSync(join(import.meta.dirname, "../../.env.example"), "utf8").matchAll(
    /^# (?<description>.*)\n(?<mark>#?)(?<name>[A-Z][A-Z_0-9]*)=(?<value>.*)$/gm,
  ),
].map(({ groups = {} }) => ({
  name: groups["name"] ?? "",
  isComment: groups["mark"] === "#",
  value: groups["value"] ?? "",
  description: groups["description"] ?? "",
}));

// To add a variable: describe it in the schema, then list it in .env.example under its heading.
describe(".env.example", () => {
  test("lists every variable of the schema, and no other", () => {
    const names = listed.map(({ name }) => name);
    expect(names.toSorted()).toEqual(Object.keys(environmentSchema.shape).toSorted());
  });

  test("says of each what the schema says", () => {
    const described = Object.entries(environmentSchema.shape).map(([name, { description }]) => [name, description]);
    expect(Object.fromEntries(listed.map(({ name, description }) => [name, description]))).toEqual(
      Object.fromEntries(described),
    );
  });

  test("shows the defaults: set to what it shows, nothing changes", () => {
    const shown = listed.filter(({ isComment, value }) => isComment && value !== "");
    const environment = Object.fromEntries(shown.map(({ name, value }) => [name, value]));
    expect(environmentSchema.parse(environment)).toEqual(environmentSchema.parse({}));
    const hasDefault = (value: unknown) => value !== undefined && !(Array.isArray(value) && value.length === 0);
    const defaults = Object.entries(environmentSchema.parse({})).filter(([, value]) => hasDefault(value));
    expect(shown.map(({ name }) => name).toSorted()).toEqual(defaults.map(([name]) => name).toSorted());
  });

  test("leaves open only what must be set", () => {
    const open = listed.filter(({ isComment }) => !isComment);
    expect(open).toMatchObject([
      { name: "CLERK_SECRET_KEY", value: "" },
      { name: "CLERK_WEBHOOK_SECRET", value: "" },
    ]);
  });
});
