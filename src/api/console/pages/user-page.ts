import type { Context } from "hono";
import { html } from "hono/html";
import type { SeenEvent, UserInspection } from "../../../inspection/inspect-user.ts";
import { maskPersonalData } from "../../../inspection/mask-personal-data.ts";
import type { ApiEnv } from "../../http/api-env.ts";
import { describeProblem } from "../../../reconciliation/compare/compare-views.ts";
import { compactJson, formToken, type Html, json, table, timeOf } from "../render-page.ts";

/** The form that finds a user. It is posted, so that no address gets into a URL or a log. */
export const searchForm = (c: Context<ApiEnv>, message = ""): Html => html`
  <form method="post" action="/console/user" class="search">
    ${formToken(c)}
    <label for="query">User id or email address</label>
    <input id="query" name="query" required maxlength="500" autocomplete="off" spellcheck="false" />
    <button>Find</button>
  </form>
  ${message === "" ? "" : html`<p role="alert" class="bad">${message}</p>`}
`;

export interface UserPageOptions {
  readonly revealed: boolean;
  readonly mayAct: boolean;
  readonly notice?: string;
}

/** All that is known of a user. */
export function userPage(
  c: Context<ApiEnv>,
  inspection: UserInspection,
  { revealed, mayAct, notice }: UserPageOptions,
): Html {
  const { userId, shard, state, events, waiting, deadLetters, clerk, problems } = inspection;
  const hidden = (value: unknown) => (revealed ? value : maskPersonalData(value));
  const shown = (value: unknown) => json(hidden(value));
  return html`
    ${searchForm(c)} ${notice === undefined ? "" : html`<p role="status" class="notice">${notice}</p>`}
    <h2 class="id">${userId}</h2>
    <p>Shard ${shard}</p>
    <div class="actions">
      ${revealed ? "" : form(c, userId, "reveal", "Show personal data")}
      ${mayAct ? form(c, userId, "publish", "Compare with Clerk, publish what was missed") : ""}
    </div>
    ${problems.map((problem) => html`<p class="bad">${describeProblem(problem)}</p>`)}
    <h2>Published state</h2>
    ${
      state === undefined
        ? html`<p>
            ${inspection.ledgerComplete ? "The bridge does not know this user." : "The ledger is being rebuilt."}
          </p>`
        : state.status === "deleted"
          ? html`<p>Deleted, by event ${state.sequence}.</p>`
          : html`<p>Event ${state.sequence}, changed ${timeOf(state.version)} UTC</p>
              ${shown(state.user)}`
    }
    <h2>Clerk now</h2>
    ${
      clerk.outcome === "unavailable"
        ? html`<p class="bad">Clerk is unavailable: ${clerk.reason}</p>`
        : clerk.value === undefined
          ? html`<p>Clerk does not have this user.</p>`
          : html`<p>Changed ${timeOf(clerk.value.version)} UTC</p>
              ${shown(clerk.value.user)}`
    }
    <h2>Events</h2>
    ${
      events.outcome === "unavailable"
        ? html`<p class="bad">Kafka is unavailable: ${events.reason}</p>`
        : events.value.length === 0
          ? html`<p>Kafka has no event of this user.</p>`
          : eventsTable(events.value, hidden)
    }
    <h2>Messages that wait</h2>
    ${
      waiting.length === 0
        ? html`<p>None.</p>`
        : table(
            "Messages that wait",
            ["Id", "Type", "Received"],
            waiting.map(({ id, type, receivedAt }) => [id, type, timeOf(receivedAt)]),
          )
    }
    <h2>Dead letters</h2>
    ${
      deadLetters.length === 0
        ? html`<p>None.</p>`
        : table(
            "Dead letters",
            ["Id", "Reason", "Stored"],
            deadLetters.map(({ id, reason, at }) => [
              html`<a href="/console/dead-letters/${encodeURIComponent(id)}">${id}</a>`,
              reason,
              timeOf(at),
            ]),
          )
    }
  `;
}

const form = (c: Context<ApiEnv>, userId: string, action: string, label: string) =>
  html`<form method="post" action="/console/users/${encodeURIComponent(userId)}/${action}">
    ${formToken(c)}<button>${label}</button>
  </form>`;

const eventsTable = (events: readonly SeenEvent[], hidden: (value: unknown) => unknown) =>
  table(
    "Events in order",
    ["No.", "Stored", "Type", "Origin", "What changed"],
    events.map(({ event, sequence, storedAt, origin }) => [
      sequence,
      timeOf(storedAt),
      event.eventType,
      origin,
      compactJson(hidden("changes" in event.data ? event.data.changes : event.data)),
    ]),
  );
