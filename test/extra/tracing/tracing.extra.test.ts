import { createServer } from "node:http";
import { once } from "node:events";
import { json } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { waitFor } from "../../../dev/stack/wait-for.ts";
import { callApi } from "../../support/api/call-api.ts";
import { newUserBody } from "../../support/api/open-api.ts";
import { serviceSecret, signServiceToken } from "../../support/api/tokens.ts";
import { openBridge } from "../../support/bridge/bridge.ts";
import { makeUser, userMessage } from "../../support/clerk/clerk-messages.ts";
import { openClerkWithoutWebhooks } from "../../support/clerk/clerk-without-webhooks.ts";
import { post, sendAll, signatureHeaders, webhookSecret } from "../../support/clerk/send-webhook.ts";
import { readTopic } from "../../support/kafka/read-topic.ts";

const spanSchema = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  name: z.string(),
  links: z.array(z.object({ traceId: z.string(), spanId: z.string() })).default([]),
});
type Span = z.infer<typeof spanSchema>;
const exportSchema = z.object({
  resourceSpans: z.array(z.object({ scopeSpans: z.array(z.object({ spans: z.array(spanSchema) })) })),
});

/** A receiver of OpenTelemetry's protocol over HTTP with JSON. Ends with the test. */
async function startOtlpReceiver() {
  const spans: Span[] = [];
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      const { resourceSpans } = exportSchema.parse(body);
      spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
      response.setHeader("content-type", "application/json").end("{}");
    });
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const address = z.object({ port: z.number() }).parse(server.address());
  return {
    spans,
    variables: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${address.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_BSP_SCHEDULE_DELAY: "100",
    },
  };
}

test("one trace leads from the sender through receiver, queue, decision and transaction to the consumer, and the batch is linked", async () => {
  const otlp = await startOtlpReceiver();
  await using bridge = await openBridge({ variables: otlp.variables });
  const [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  const { message } = userMessage("user.created", makeUser(), 1);
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const headers = { ...signatureHeaders(message), traceparent: `00-${traceId}-b7ad6b7169203331-01` };
  expect((await post(api.url, message.body, headers)).status).toBe(204);
  await bridge.waitUntilIdle();

  const inTrace = () => otlp.spans.filter((span) => span.traceId === traceId);
  await waitFor(
    "all spans have arrived",
    () => inTrace().length === 4 && otlp.spans.some(({ name }) => name === "batch"),
  );
  const spanNamed = (name: string) => otlp.spans.find((span) => span.name === name);
  const receive = spanNamed("POST /webhooks/clerk");
  const publish = spanNamed("publish user.created");
  const batch = spanNamed("batch");
  expect(receive?.parentSpanId).toBe("b7ad6b7169203331");
  for (const name of ["queued", "decide", "publish user.created"]) {
    expect(spanNamed(name)).toMatchObject({ traceId, parentSpanId: receive?.spanId });
  }
  expect(publish?.links).toMatchObject([{ traceId: batch?.traceId, spanId: batch?.spanId }]);
  expect(batch?.links).toMatchObject([{ traceId, spanId: receive?.spanId }]);
  expect(spanNamed("kafka transaction")).toMatchObject({ traceId: batch?.traceId, parentSpanId: batch?.spanId });

  const [event] = await readTopic(bridge.kafkaBrokers, bridge.eventsTopic);
  expect(event?.headers["traceparent"]).toBe(`00-${traceId}-${publish?.spanId}-01`);
  expect(await api.waitUntilLogged("webhook.received")).toMatchObject([{ trace_id: traceId }]);
  expect(await worker.waitUntilLogged("batch.processed")).toMatchObject([{ trace_id: batch?.traceId }]);
});

test("a change through the API continues the caller's trace into its event, also when the programs stop at once", async () => {
  const otlp = await startOtlpReceiver();
  const variables = {
    ...otlp.variables,
    OTEL_BSP_SCHEDULE_DELAY: "60000",
    JWT_SECRET: serviceSecret,
    CLERK_WEBHOOK_SECRET: webhookSecret,
  };
  await using clerk = await openClerkWithoutWebhooks({ variables });
  const { bridge } = clerk;
  const [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const created = await callApi(api.url, "POST /api/users", {
    token: await signServiceToken(),
    headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
    body: JSON.stringify(newUserBody()),
  });
  expect(created.status).toBe(201);
  await bridge.waitUntilIdle();
  const [event] = await readTopic(bridge.kafkaBrokers, bridge.eventsTopic);
  expect(event?.headers["traceparent"]).toContain(traceId);
  expect(await Promise.all([api.stop(), worker.stop()])).toEqual(["exit code 0", "exit code 0"]);
  const names = otlp.spans.filter((span) => span.traceId === traceId).map(({ name }) => name);
  expect(names.toSorted()).toEqual(["POST /api/users", "decide", "publish user.created", "queued"]);
});

test("a sampler that keeps only what the sender keeps gives whole traces of it, and tells consumers of the others that they are not kept", async () => {
  const otlp = await startOtlpReceiver();
  const variables = { ...otlp.variables, OTEL_TRACES_SAMPLER: "parentbased_always_off", JWT_SECRET: serviceSecret };
  await using clerk = await openClerkWithoutWebhooks({
    variables: { ...variables, CLERK_WEBHOOK_SECRET: webhookSecret },
  });
  const { bridge } = clerk;
  const [api] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const [kept, dropped] = [userMessage("user.created", makeUser(), 1), userMessage("user.created", makeUser(), 1)];
  await post(api.url, dropped.message.body, signatureHeaders(dropped.message));
  const headers = { ...signatureHeaders(kept.message), traceparent: `00-${traceId}-b7ad6b7169203331-01` };
  await post(api.url, kept.message.body, headers);
  const droppedTraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
  const created = await callApi(api.url, "POST /api/users", {
    token: await signServiceToken(),
    headers: { traceparent: `00-${droppedTraceId}-00f067aa0ba902b7-00` },
    body: JSON.stringify(newUserBody()),
  });
  expect(created.status).toBe(201);
  await bridge.waitUntilIdle();
  await waitFor("the kept trace has arrived", () => otlp.spans.length === 4);
  expect(new Set(otlp.spans.map((span) => span.traceId))).toEqual(new Set([traceId]));
  const events = await readTopic(bridge.kafkaBrokers, bridge.eventsTopic);
  const sentOf = (userId: unknown) => events.find(({ key }) => key === userId)?.headers["traceparent"];
  expect(sentOf(kept.userId)).toMatch(new RegExp(`^00-${traceId}-\\w+-01$`));
  expect(sentOf(dropped.userId)).toMatch(/-00$/);
  expect(sentOf(created.body["id"])).toMatch(new RegExp(`^00-${droppedTraceId}-\\w+-00$`));
});

test("without OTEL variables the sender's trace passes through unchanged, and no line has a trace_id", async () => {
  await using bridge = await openBridge();
  const [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  const { message } = userMessage("user.created", makeUser(), 1);
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  await post(api.url, message.body, { ...signatureHeaders(message), traceparent });
  await bridge.waitUntilIdle();
  const [event] = await readTopic(bridge.kafkaBrokers, bridge.eventsTopic);
  expect(event?.headers["traceparent"]).toBe(traceparent);
  expect(`${await api.output()}${await worker.output()}`).not.toContain("trace_id");
});

test("an OTLP receiver that is down delays neither webhooks nor events, nor the end of a program", async () => {
  await using bridge = await openBridge({ variables: { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" } });
  const [api, worker] = await Promise.all([bridge.startApi(), bridge.startWorker()]);
  await sendAll(api.url, [userMessage("user.created", makeUser(), 1).message]);
  await bridge.waitUntilIdle();
  const startedAt = performance.now();
  expect(await Promise.all([api.stop(), worker.stop()])).toEqual(["exit code 0", "exit code 0"]);
  expect(performance.now() - startedAt).toBeLessThan(8_000);
});
