// The least that a receiver of webhooks can do with Hono on Node: read the body, answer.
import { serve } from "@hono/node-server";
import { Hono } from "hono";

const app = new Hono();
app.post("/webhooks/clerk", async (c) => {
  await c.req.arrayBuffer();
  return c.body(null, 204);
});

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env["PORT"]) });
process.once("SIGTERM", () => server.close());
