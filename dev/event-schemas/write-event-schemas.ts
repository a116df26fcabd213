import { mkdirSync, writeFileSync } from "node:fs";
import { eventJsonSchemas } from "./event-json-schemas.ts";

// `npm run schemas`: the events' JSON Schemas for consumers in other languages; a test fails when they are out of date.
const folder = new URL("../../docs/events/", import.meta.url);
mkdirSync(folder, { recursive: true });
for (const [name, schema] of Object.entries(eventJsonSchemas())) {
  writeFileSync(new URL(`${name}.schema.json`, folder), `${JSON.stringify(schema, null, 2)}\n`);
}
