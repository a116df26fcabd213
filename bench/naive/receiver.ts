// A typical handwritten receiver: it verifies with svix, adds one job per message and responds.
import { serve } from "@hono/node-server";
import { Queue } from "bullmq";
import { Hono } from "hono";
import { Webhook } from "svix";
import { clerkEventSchema, type NaiveJob } from "./event.ts";

const { PORT, REDIS_URL = "", QUEUE = "", CLERK_WEBHOOK_SECRET = "" } = process.env;
const webhook = new Webhook(CLERK_WEBHOOK_SECRET);
const queue = new Queue<NaiveJob, void>(QUEUE, {
  connection: { url: REDIS_URL },
  defaultJobOptions: { removeOnComplete: true },
});

const app = new Hono();
app.post("/webhooks/clerk", async (c) => {
  const body = await c.req.text();
  const svixId = c.req.header("svix-id") ?? "";
  try {
    webhook.verify(body, {
      "svix-id": svixId,
      "svix-timestamp": c.req.header("svix-timestamp") ?? "",
      "svix-signature": c.req.header("svix-signature") ?? "",
    });
  } catch {
    return c.text("bad signature", 400);
  }
  const event = clerkEventSchema.parse(JSON.parse(body));
  await queue.add(event.type, { svixId, event });
  return c.body(null, 204);
});

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(PORT) });
process.once("SIGTERM", () => {
  server.close();
  void queue.close();
});
