// The minimal webhook receiver with Hono on Node: it reads the body and responds.
import { serve } from "@hono/node-server";
import { Hono } from "hono";

const app = new Hono();
app.post("/webhooks/clerk", async (c) => {
  await c.req.arrayBuffer();
  return c.body(null, 204);
});

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env["PORT"]) });
process.once("SIGTERM", () => server.close());
