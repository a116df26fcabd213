import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { verifyWebhook } from "@clerk/backend/webhooks";
import { Webhook } from "svix";
import { onTestFinished } from "vitest";
import { z } from "zod";

/** A received POST with a valid signature. */
interface Delivery {
  readonly id: string;
  /** The `svix-timestamp`. */
  readonly sentAtSeconds: number;
  readonly envelope: z.output<typeof envelopeSchema>;
}

const envelopeSchema = z.strictObject({
  type: z.string(),
  object: z.literal("event"),
  data: z.looseObject({ id: z.string(), object: z.string() }),
  timestamp: z.int(),
  instance_id: z.templateLiteral(["ins_", z.string()]),
  event_attributes: z.object({ http_request: z.object({ client_ip: z.string(), user_agent: z.string() }) }),
});

export interface Endpoint {
  readonly url: string;
  readonly deliveries: readonly Delivery[];
  /** The number of connections opened so far, and of those still open. */
  connections(): { opened: number; open: number };
}

export type Answer = (delivery: Delivery, index: number) => { status: number; headers?: Record<string, string> };

/** Starts a webhook endpoint that verifies with the real svix and with the SDK, until the test ends. */
export async function startEndpoint(secret: string, answer: Answer = () => ({ status: 204 })): Promise<Endpoint> {
  const webhook = new Webhook(secret);
  const deliveries: Delivery[] = [];
  let opened = 0;
  let closed = 0;

  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(request);
    const headers = z
      .object({ "svix-id": z.string(), "svix-timestamp": z.string(), "svix-signature": z.string() })
      .parse(request.headers);
    webhook.verify(body, headers);
    await verifyWebhook(new Request("http://localhost", { method: "POST", headers, body }), { signingSecret: secret });
    const delivery = {
      id: headers["svix-id"],
      sentAtSeconds: Number(headers["svix-timestamp"]),
      envelope: envelopeSchema.parse(JSON.parse(body)),
    };
    deliveries.push(delivery);
    const { status, headers: answerHeaders = {} } = answer(delivery, deliveries.length - 1);
    response.writeHead(status, answerHeaders).end();
  };

  const server = createServer((request, response) => {
    // An invalid delivery must fail the test that expects it, not the process.
    receive(request, response).catch(() => response.writeHead(500).end());
  });
  server.on("connection", (socket) => {
    opened += 1;
    socket.once("close", () => (closed += 1));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const address = z.object({ port: z.int() }).parse(server.address());
  return {
    url: `http://127.0.0.1:${address.port}/webhooks/clerk`,
    deliveries,
    connections: () => ({ opened, open: opened - closed }),
  };
}
