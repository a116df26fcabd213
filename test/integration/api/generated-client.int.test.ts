import { createConfig, lintFromString } from "@redocly/openapi-core";
import { execa } from "execa";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createFreshFolder, repositoryFolder } from "../../../dev/stack/folders.ts";
import { openAccountApi } from "../../support/api/open-api.ts";

let api: Awaited<ReturnType<typeof openAccountApi>>;
let document: string;
beforeAll(async () => {
  api = await openAccountApi();
  document = await (await fetch(`${api.url}/openapi.json`)).text();
});
afterAll(() => api[Symbol.asyncDispose]());

test("redocly finds nothing in the OpenAPI document by its recommended rules", async () => {
  const config = await createConfig({ extends: ["recommended"] });
  const problems = await lintFromString({ source: document, config });
  expect(problems.map(({ ruleId, message, location }) => ({ ruleId, message, at: location[0]?.pointer }))).toEqual([]);
});

/** What a user of the API writes with openapi-fetch and the types that openapi-typescript generates. */
const program = `
import createClient from "openapi-fetch";
import type { components, paths } from "./api.d.ts";

const [baseUrl = "", token = ""] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl, headers: { authorization: \`Bearer \${token}\` } });
const listed = await client.GET("/api/users", { params: { query: { role: "user", limit: 5 } } });
const user: components["schemas"]["User"] | undefined = listed.data?.users[0];
const missing = await client.PATCH("/api/users/{userId}", {
  params: { path: { userId: "user_unknown" } },
  body: { firstName: "Grace" },
});
const code: components["schemas"]["Error"]["code"] | undefined = missing.error?.code;
console.log(JSON.stringify({ emailAddress: user?.emailAddress, code, isNotFound: code === "user_not_found" }));
`;

/** Each line is a mistake that the generated types must notice. */
const mistakes = `
import createClient from "openapi-fetch";
import type { paths } from "./api.d.ts";

const client = createClient<paths>({ baseUrl: "" });
await client.GET("/api/user");
await client.PATCH("/api/users/{userId}", { params: { path: { userId: "user_1" } }, body: { firstName: 1 } });
const { error } = await client.GET("/api/users");
if (error?.code === "no_such_code") console.log(error);
`;

test("a client generated from the OpenAPI document compiles, notices mistakes and works", async () => {
  const folder = await createFreshFolder();
  try {
    const run = execa({ cwd: repositoryFolder, reject: false, all: true });
    const types = join(folder, "api.d.ts");
    await writeFile(join(folder, "openapi.json"), document);
    await writeFile(join(folder, "client.ts"), program);
    await writeFile(join(folder, "mistakes.ts"), mistakes);
    const generator = ["--import", "./dev/layers/use-typescript-6.mjs", "node_modules/openapi-typescript/bin/cli.js"];
    const generated = await run(process.execPath, [...generator, join(folder, "openapi.json"), "-o", types]);
    expect(generated).toMatchObject({ exitCode: 0 });

    const options = [
      "--noEmit",
      "--strict",
      "--module",
      "nodenext",
      "--allowImportingTsExtensions",
      "--skipLibCheck",
      "--ignoreConfig",
    ];
    const compile = (file: string) => run("npx", ["tsc", ...options, "--types", "node", join(folder, file)]);
    expect(await compile("client.ts")).toMatchObject({ all: "", exitCode: 0 });
    const found = (await compile("mistakes.ts")).all.matchAll(/mistakes\.ts\((\d+),/g);
    expect(new Set(Array.from(found, ([, line]) => Number(line)))).toEqual(new Set([6, 7, 9]));

    const { stdout } = await run(process.execPath, [join(folder, "client.ts"), api.url, api.admin]);
    expect(JSON.parse(stdout)).toEqual({ emailAddress: ["ada@example.com"], code: "user_not_found", isNotFound: true });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
