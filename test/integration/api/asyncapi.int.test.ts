import { Parser } from "@asyncapi/parser";
import { userEventSchema } from "@clerk-kafka-bridge/events";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { openApi } from "../../support/api/open-api.ts";

const documentSchema = z.looseObject({
  components: z.object({ messages: z.record(z.string(), z.looseObject({ payload: z.looseObject({}) })) }),
});

test("/asyncapi.json is a valid AsyncAPI 3 document of the three topics and of every event", async () => {
  const api = await openApi();
  onTestFinished(() => api[Symbol.asyncDispose]());
  const text = await (await fetch(`${api.url}/asyncapi.json`)).text();
  const { document, diagnostics } = await new Parser().parse(text);
  // Errors and warnings.
  expect(
    diagnostics
      .filter(({ severity }) => ["0", "1"].includes(String(severity)))
      .map(({ message, path }) => ({ message, path })),
  ).toEqual([]);
  const channels = document?.channels().all() ?? [];
  expect(channels.map((channel) => channel.address())).toEqual(["user.events", "user.state", "user.audit"]);
  const types = userEventSchema.options.map(({ shape }) => shape.eventType.value);
  const { messages } = documentSchema.parse(JSON.parse(text)).components;
  expect(Object.keys(messages)).toEqual([...types, "user.state", "user.audit"]);
});

test("/docs/topics shows every topic, event, field and header, and loads nothing but its own styles", async () => {
  const api = await openApi();
  onTestFinished(() => api[Symbol.asyncDispose]());
  const response = await fetch(`${api.url}/docs/topics`);
  expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
  const page = await response.text();
  const { messages } = documentSchema.parse(await (await fetch(`${api.url}/asyncapi.json`)).json()).components;
  const expected = [...Object.keys(messages), "data.changes.phoneNumbers", "ce_origin", "user.audit"];
  expect(expected.filter((text) => !page.includes(`>${text}<`))).toEqual([]);
  expect(page).not.toMatch(/<script|`|undefined|\[object/);
  const links = [...page.matchAll(/(?:href|src)="(?<path>[^"#]+)"/g)].map(({ groups }) => String(groups?.["path"]));
  const answers = links
    .filter((path) => !path.startsWith("data:"))
    .map(async (path) => (await fetch(new URL(path, `${api.url}/docs/topics`))).status);
  expect(await Promise.all(answers)).toEqual([200, 200, 200]);
});
