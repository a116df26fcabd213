import { html } from "hono/html";
import type { Html } from "../render-page.ts";

/** The form for a token. It is posted, so that the token never gets into a URL. */
export const signInPage = (message = ""): Html => html`
  <form method="post" action="/console/sign-in" class="search">
    <label for="bearer">Clerk session token or service token, of a role with <code>console:read</code></label>
    <input id="bearer" name="bearer" type="password" required maxlength="8192" autocomplete="off" />
    <button>Sign in</button>
  </form>
  ${message === "" ? "" : html`<p role="alert" class="bad">${message}</p>`}
`;
