import { Hono } from "hono";
import { connectExternalAccount, connectExternalAccountParams } from "../users/external-accounts.ts";
import type { Instance } from "../instance/instance.ts";
import { closeSession } from "../sessions/sessions.ts";
import { createSession } from "../sign-ins/create-session.ts";
import { readBody, respond } from "./respond.ts";
import { z } from "zod";
import { resourceNotFound } from "../errors/rejections.ts";
import type { WebhookSender } from "../webhooks/webhook-sender.ts";

/** Actions of users, such as signing in, for other processes. */
export function dashboardRoutes(instance: Instance): Hono {
  return new Hono()
    .post("/users/:id/sign_in", (c) => respond(c, createSession(instance, { user_id: c.req.param("id") })))
    .post("/users/:id/external_accounts", async (c) =>
      respond(c, connectExternalAccount(instance, c.req.param("id"), await readBody(c, connectExternalAccountParams))),
    )
    .post("/sessions/:id/end", (c) => respond(c, closeSession(instance, c.req.param("id"), "ended")))
    .post("/sessions/:id/remove", (c) => respond(c, closeSession(instance, c.req.param("id"), "removed")));
}

const probability = z.number().min(0).max(1);

const controlParams = z.strictObject({
  endpoint: z.strictObject({ url: z.url(), secret: z.string().exactOptional() }).nullish(),
  faults: z
    .strictObject({
      duplicateProbability: probability.exactOptional(),
      lossProbability: probability.exactOptional(),
      delayMs: z.strictObject({ min: z.number().min(0), max: z.number().min(0) }).exactOptional(),
    })
    .optional(),
  timestampUnit: z.enum(["milliseconds", "seconds"]).optional(),
  paused: z.boolean().optional(),
});

const messageParams = z.strictObject({ body: z.string() });

/** `/emulator/webhooks`: lets other processes inspect the delivery of webhooks and inject faults. */
export function webhookRoutes(webhooks: WebhookSender, secret: string): Hono {
  const describe = () => ({
    endpoint: webhooks.endpoint,
    faults: webhooks.faults,
    timestampUnit: webhooks.timestampUnit,
    paused: webhooks.paused,
    pending: webhooks.pending(),
  });
  return new Hono()
    .get("/", (c) => respond(c, describe()))
    .patch("/", async (c) => {
      control(webhooks, secret, await readBody(c, controlParams));
      return respond(c, describe());
    })
    .get("/messages", (c) => {
      const state = c.req.query("state");
      return respond(
        c,
        webhooks.messages().filter((message) => state === undefined || message.state === state),
      );
    })
    .post("/messages", async (c) => respond(c, webhooks.sendBody((await readBody(c, messageParams)).body)))
    .post("/messages/:id/replay", (c) => {
      if (!webhooks.replay(c.req.param("id"))) throw resourceNotFound();
      return respond(c, describe());
    });
}

function control(webhooks: WebhookSender, secret: string, params: z.output<typeof controlParams>): void {
  if (params.endpoint === null) webhooks.disconnect();
  else if (params.endpoint !== undefined) webhooks.connect({ secret, ...params.endpoint });
  if (params.faults !== undefined) webhooks.setFaults(params.faults);
  if (params.timestampUnit !== undefined) webhooks.setTimestampUnit(params.timestampUnit);
  if (params.paused === true) webhooks.pause();
  if (params.paused === false) webhooks.resume();
}
