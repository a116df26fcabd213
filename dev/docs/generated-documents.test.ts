import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { environmentSchema, environmentSections, variableNamed } from "./environment.ts";
import { generatedDocuments } from "./generated-documents.ts";

const root = join(import.meta.dirname, "../..");

describe("generated documents", () => {
  test.for(generatedDocuments)("$path is what `npm run docs` writes", async ({ path, render }) => {
    expect(readFileSync(join(root, path), "utf8")).toBe(await render());
  });
});

describe("the documented environment", () => {
  test("lists every variable of the programs once", () => {
    expect(Object.values(environmentSections).flat().toSorted()).toEqual(
      Object.keys(environmentSchema.shape).toSorted(),
    );
  });

  test("describes every variable", () => {
    const undescribed = Object.values(environmentSections)
      .flat()
      .filter((name) => variableNamed(name).description === "");
    expect(undescribed).toEqual([]);
  });

  test("shows defaults that change nothing when they are set", () => {
    const variables = Object.values(environmentSections).flat().map(variableNamed);
    const shown = variables.flatMap(({ name, defaultValue }) =>
      defaultValue === undefined ? [] : [[name, defaultValue]],
    );
    expect(environmentSchema.parse(Object.fromEntries(shown))).toEqual(environmentSchema.parse({}));
  });

  test("shows a default for every variable that has one", () => {
    const hasValue = (value: unknown) => value !== undefined && !(Array.isArray(value) && value.length === 0);
    const defaults = Object.entries(environmentSchema.parse({})).filter(([, value]) => hasValue(value));
    const shown = Object.values(environmentSections)
      .flat()
      .filter((name) => variableNamed(name).defaultValue !== undefined);
    expect(shown.toSorted()).toEqual(defaults.map(([name]) => name).toSorted());
  });
});
