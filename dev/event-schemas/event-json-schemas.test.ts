import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { eventJsonSchemas } from "./event-json-schemas.ts";

it.each(Object.entries(eventJsonSchemas()))("docs/events has the schema that %s is published by", (name, schema) => {
  const published = readFileSync(new URL(`../../docs/events/${name}.schema.json`, import.meta.url), "utf8");
  expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(schema)));
});
