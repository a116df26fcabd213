import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ApiEnv } from "../http/api-env.ts";
import { formTokenOf } from "./console-sessions.ts";

export const sessionCookie = "console_session";

/** A part of a page, with everything that users or servers wrote escaped. */
export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

export interface Page {
  readonly title: string;
  /** The path of the entry of the navigation that is current. */
  readonly current?: string;
  readonly body: Html;
  readonly status?: ContentfulStatusCode;
}

const entries = [
  ["/console", "Overview"],
  ["/console/shards", "Shards"],
  ["/console/user", "User"],
  ["/console/dead-letters", "Dead letters"],
  ["/console/events", "Events"],
] as const;

/** Answers with a whole page: the frame, and the navigation for an operator who is signed in. */
export const renderPage = (c: Context<ApiEnv>, { title, current, body, status = 200 }: Page) => {
  const caller = c.get("caller");
  const navigation = entries.map(
    ([path, name]) => html`<a href="${path}" ${path === current ? html`aria-current="page"` : ""}>${name}</a>`,
  );
  return c.html(
    html`<!doctype html>
      <html lang="en">
        <head>
          <meta charset="utf-8" />
          <meta name="viewport" content="width=device-width, initial-scale=1" />
          <title>${title} – Bridge console</title>
          <link rel="icon" href="/console/assets/icon.svg" />
          <link rel="stylesheet" href="/console/assets/uplot.css" />
          <link rel="stylesheet" href="/console/assets/console.css" />
          <script src="/console/assets/uplot.js" defer></script>
          <script src="/console/assets/console.js" defer></script>
        </head>
        <body>
          <a class="skip" href="#main">Skip to the content</a>
          <header>
            <p class="name">Clerk Kafka Bridge</p>
            ${
              caller === undefined
                ? ""
                : html`<nav aria-label="Pages">${navigation}</nav>
                    <form method="post" action="/console/sign-out">
                      ${formToken(c)}<button class="quiet">Sign out ${caller.id}</button>
                    </form>`
            }
          </header>
          <main id="main" tabindex="-1">
            <h1>${title}</h1>
            ${body}
          </main>
        </body>
      </html>`,
    status,
  );
};

/** The hidden field that every form of the console carries. */
export const formToken = (c: Context<ApiEnv>): Html =>
  html`<input type="hidden" name="token" value="${formTokenOf(getCookie(c, sessionCookie) ?? "")}" />`;

/** A table that scrolls by itself on a narrow screen, also by keyboard. `caption` names it for screen readers. */
export const table = (caption: string, headings: readonly string[], rows: readonly (readonly unknown[])[]): Html =>
  html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${headings.map((heading) => html`<th scope="col">${heading}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((cell) => html`<td>${cell}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;

export const timeOf = (at: number): Html => {
  const iso = new Date(at).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace("T", " ")}</time>`;
};

/** JSON for people, on one line where it fits. */
export const compactJson = (value: unknown): Html => html`<pre>${JSON.stringify(value)}</pre>`;

/** JSON for people, in lines. */
export const json = (value: unknown): Html => html`<pre>${JSON.stringify(value, null, 2)}</pre>`;
