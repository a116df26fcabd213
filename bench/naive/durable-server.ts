// A receiver with Hono on Node that verifies nothing: it reads the body, stores it in Redis and responds. What any receiver costs that loses no webhook.
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { Redis } from "ioredis";

const redis = new Redis(String(process.env["REDIS_URL"]));
const app = new Hono();
app.post("/webhooks/clerk", async (c) => {
  await redis.rpush("bench:durable", Buffer.from(await c.req.arrayBuffer()));
  return c.body(null, 204);
});

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.env["PORT"]) });
process.once("SIGTERM", () => {
  server.close();
  redis.disconnect();
});
