/// <reference lib="esnext.disposable" />
import { z } from "zod";
import { callApi } from "./call-api.ts";
import { openApi } from "./open-api.ts";
import { readContract } from "./read-contract.ts";
import { signServiceToken } from "./tokens.ts";
import { waitFor } from "../../../dev/stack/wait-for.ts";

export interface CallOptions {
  /** Values of the path's parameters. Default of each: `x1`. */
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** A text body, sent unchanged. */
  readonly text?: string;
}

/** The whole API in this process with its own document, to which every answer is held. */
export async function openDocumentedApi() {
  await using resources = new AsyncDisposableStack();
  const { url, emulator } = resources.use(
    await openApi({
      variables: {
        CLERK_RATE_LIMIT: "10000",
        RATE_LIMIT_BAD_TOKENS: "1000",
        REQUIRE_MFA_FOR: "mfa",
        PASSWORD_FAILURE_MIN_MS: "0",
      },
    }),
  );
  const get = (path: string) => fetch(`${url}${path}`, { signal: AbortSignal.timeout(10_000) });
  await waitFor("the API is ready", async () => (await get("/readyz")).ok);
  const document = z.record(z.string(), z.unknown()).parse(await (await get("/openapi.json")).json());
  const contract = readContract(document);
  const owned = resources.move();
  return {
    document,
    contract,
    fetch: get,
    /** A service's that may do everything. */
    admin: await signServiceToken(),
    dashboard: emulator.dashboard,
    userToken: (userId: string, role?: string, claims: Readonly<Record<string, unknown>> = {}) =>
      emulator.signSessionToken({ userId, claims: { ...(role && { metadata: { role } }), ...claims } }),
    callAsWritten: (line: string) => callApi(url, line),
    /** Calls an operation of the document, and says where the answer breaks it. */
    call: async (operation: string, { path = {}, query = {}, token, headers = {}, json, text }: CallOptions) => {
      const [method = "", template = ""] = operation.split(" ");
      const target = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? "x1"));
      const search = new URLSearchParams(query).toString();
      const called = await callApi(url, `${method} ${target}${search && `?${search}`}`, {
        headers,
        ...(token !== undefined && { token }),
        ...(text !== undefined && { body: text }),
        ...(json !== undefined && { body: JSON.stringify(json) }),
      });
      const contentType = z.string().optional().parse(called.headers["content-type"]);
      const breaches = contract.findBreaches(operation, { status: called.status, contentType, text: called.text });
      return { status: called.status, body: called.body, breaches };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
