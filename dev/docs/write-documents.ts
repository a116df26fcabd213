import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { generatedDocuments } from "./generated-documents.ts";

// `npm run docs`: writes the parts of the documentation that are generated from the code. A unit test compares them.
const root = join(import.meta.dirname, "../..");
for (const { path, render } of generatedDocuments) {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, await render());
}
