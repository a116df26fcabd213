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
