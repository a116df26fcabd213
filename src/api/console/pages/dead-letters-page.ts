import type { Context } from "hono";
import { html } from "hono/html";
import { maskBody } from "../../../inspection/mask-personal-data.ts";
import type { DeadLetter } from "../../../queue/dead-letters.ts";
import type { ApiEnv } from "../../http/api-env.ts";
import { formToken, type Html, json, timeOf } from "../render-page.ts";

export const pageSize = 50;

export interface DeadLettersList {
  readonly deadLetters: readonly DeadLetter[];
  readonly total: number;
  readonly offset: number;
  readonly mayAct: boolean;
  readonly notice?: string;
}

/** A page of dead letters, newest first, with a box for each. */
export function deadLettersPage(
  c: Context<ApiEnv>,
  { deadLetters, total, offset, mayAct, notice }: DeadLettersList,
): Html {
  const message = notice === undefined ? "" : html`<p role="status" class="notice">${notice}</p>`;
  if (total === 0)
    return html`${message}
      <p>There are no dead letters.</p>`;
  return html`
    ${message}
    <p>${offset + 1} to ${offset + deadLetters.length} of ${total}, newest first</p>
    <form method="post" action="/console/dead-letters">
      ${formToken(c)}
      <div class="scroll" role="region" aria-label="Dead letters" tabindex="0">
        <table>
          <caption>
            Dead letters
          </caption>
          <thead>
            <tr>
              ${mayAct ? html`<th scope="col"><span class="hidden">Choose</span></th>` : ""}
              <th scope="col">Id</th>
              <th scope="col">Stored</th>
              <th scope="col">Stage</th>
              <th scope="col">Reason</th>
            </tr>
          </thead>
          <tbody>
            ${deadLetters.map((deadLetter) => row(deadLetter, mayAct))}
          </tbody>
        </table>
      </div>
      ${
        mayAct
          ? html`<div class="actions">
              <button name="action" value="retry">Retry the chosen ones</button>
              <button name="action" value="drop" class="danger">Drop the chosen ones</button>
            </div>`
          : ""
      }
    </form>
    <nav aria-label="Further dead letters" class="actions">
      ${offset > 0 ? html`<a href="/console/dead-letters?offset=${Math.max(0, offset - pageSize)}">Newer</a>` : ""}
      ${offset + deadLetters.length < total ? html`<a href="/console/dead-letters?offset=${offset + pageSize}">Older</a>` : ""}
    </nav>
  `;
}

const row = ({ id, at, stage, reason }: DeadLetter, mayAct: boolean) => html`
  <tr>
    ${mayAct ? html`<td><input type="checkbox" name="id" value="${id}" aria-label="Choose ${id}" /></td>` : ""}
    <td class="id"><a href="/console/dead-letters/${encodeURIComponent(id)}">${id}</a></td>
    <td>${timeOf(at)}</td>
    <td>${stage}</td>
    <td class="text">${reason}</td>
  </tr>
`;

/** One dead letter with its message, in which personal data is hidden. */
export const deadLetterPage = (
  c: Context<ApiEnv>,
  { id, at, stage, reason, body }: DeadLetter,
  mayAct: boolean,
): Html => html`
  <p class="id">${id}</p>
  <p>Stored ${timeOf(at)} UTC, ${stage}</p>
  <p class="bad text">${reason}</p>
  ${json(maskBody(body))}
  ${
    mayAct
      ? html`<form method="post" action="/console/dead-letters" class="actions">
          ${formToken(c)}<input type="hidden" name="id" value="${id}" />
          <button name="action" value="retry">Retry</button>
          <button name="action" value="drop" class="danger">Drop</button>
        </form>`
      : ""
  }
`;

/** Asks before dead letters are deleted. */
export const confirmDropPage = (c: Context<ApiEnv>, ids: readonly string[]): Html => html`
  <p>This deletes ${ids.length} dead letters for good. Their messages are not processed.</p>
  <ul>
    ${ids.slice(0, 20).map((id) => html`<li class="id">${id}</li>`)}${ids.length > 20 ? html`<li>and ${ids.length - 20} more</li>` : ""}
  </ul>
  <form method="post" action="/console/dead-letters" class="actions">
    ${formToken(c)}<input type="hidden" name="confirmed" value="yes" />
    ${ids.map((id) => html`<input type="hidden" name="id" value="${id}" />`)}
    <button name="action" value="drop" class="danger">Delete ${ids.length} dead letters</button>
    <a href="/console/dead-letters">Cancel</a>
  </form>
`;
