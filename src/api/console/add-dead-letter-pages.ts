import type { Context } from "hono";
import { html } from "hono/html";
import { z } from "zod";
import { retryDeadLetter } from "../../inspection/retry-dead-letter.ts";
import type { ApiEnv } from "../http/api-env.ts";
import { auditAction, type ConsoleApp, forbidden, mayAct } from "./console-access.ts";
import type { ConsoleContext } from "./console-context.ts";
import { confirmDropPage, deadLetterPage, deadLettersPage, pageSize } from "./pages/dead-letters-page.ts";
import { renderPage } from "./render-page.ts";

const current = "/console/dead-letters";
const offsetSchema = z.coerce.number().int().nonnegative().catch(0);
const actionSchema = z.object({
  action: z.enum(["retry", "drop"]),
  id: z.union([z.string().transform((id) => [id]), z.array(z.string())]).default([]),
  confirmed: z.literal("yes").optional(),
});

/** The list of dead letters, one of them, and what an operator does with them. */
export function addDeadLetterPages(app: ConsoleApp, context: ConsoleContext): void {
  const { deadLetters } = context;
  const show = async (c: Context<ApiEnv>, offset: number, notice?: string) => {
    const [listed, total] = await Promise.all([deadLetters.list(offset, pageSize), deadLetters.count()]);
    const list = { deadLetters: listed, total, offset, mayAct: mayAct(c), ...(notice !== undefined && { notice }) };
    return renderPage(c, { title: "Dead letters", current, body: deadLettersPage(c, list) });
  };

  app.get("/console/dead-letters", (c) => show(c, offsetSchema.parse(c.req.query("offset"))));
  app.get("/console/dead-letters/:id", async (c) => {
    const deadLetter = await deadLetters.find(c.req.param("id"));
    if (deadLetter === undefined) {
      return renderPage(c, {
        title: "Not found",
        current,
        body: html`<p>There is no such dead letter.</p>`,
        status: 404,
      });
    }
    return renderPage(c, { title: "Dead letter", current, body: deadLetterPage(c, deadLetter, mayAct(c)) });
  });
  app.post("/console/dead-letters", async (c) => {
    if (!mayAct(c)) return forbidden(c, "Your role does not have console:write.");
    const parsed = actionSchema.safeParse(await c.req.parseBody({ all: true }));
    if (!parsed.success || parsed.data.id.length === 0) return show(c, 0, "Choose at least one dead letter.");
    const { action, id: ids, confirmed } = parsed.data;
    switch (action) {
      case "retry":
        return show(c, 0, await retryAll(c, context, ids));
      case "drop":
        if (confirmed === undefined) {
          return renderPage(c, { title: "Drop dead letters", current, body: confirmDropPage(c, ids) });
        }
        return show(c, 0, await dropAll(c, context, ids));
    }
  });
}

async function retryAll(c: Context<ApiEnv>, context: ConsoleContext, ids: readonly string[]): Promise<string> {
  let queued = 0;
  const kept: string[] = [];
  for (const id of ids) {
    const deadLetter = await context.deadLetters.find(id);
    if (deadLetter === undefined) continue;
    const retried = await retryDeadLetter(context.retry, deadLetter);
    if (retried.outcome === "queued") queued += 1;
    else kept.push(`${id}: ${retried.reason}`);
    await auditAction(c, context, { action: "console.dead_letter_retried", outcome: "done", targetId: id });
  }
  const still = kept.length === 0 ? "" : ` Still cannot be parsed: ${kept.slice(0, 5).join("; ")}.`;
  return `${queued} queued again. A message that fails again comes back to this list.${still}`;
}

async function dropAll(c: Context<ApiEnv>, context: ConsoleContext, ids: readonly string[]): Promise<string> {
  let dropped = 0;
  for (const id of ids) {
    if (!(await context.deadLetters.delete(id))) continue;
    dropped += 1;
    await auditAction(c, context, { action: "console.dead_letter_dropped", outcome: "done", targetId: id });
  }
  return `${dropped} dropped.`;
}
