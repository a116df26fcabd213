import { serve } from "@hono/node-server";
import { once } from "node:events";
import { Hono } from "hono";
import { UnsecuredJWT } from "jose";
import { findFreePort } from "../../../dev/stack/free-port.ts";

/** An OAuth token endpoint for one client. Its tokens are unsigned JWTs. */
export interface TokenEndpoint extends AsyncDisposable {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The number of tokens that it has issued. */
  issued(): number;
}

export async function startTokenEndpoint({ lifetimeSeconds }: { lifetimeSeconds: number }): Promise<TokenEndpoint> {
  const [clientId, clientSecret] = ["bridge", "open sesame"];
  let issued = 0;
  const app = new Hono();
  app.post("/token", async (c) => {
    const login = `Basic ${Buffer.from(`${clientId}:${encodeURIComponent(clientSecret).replaceAll("%20", "+")}`).toString("base64")}`;
    const { grant_type: grantType } = await c.req.parseBody();
    if (c.req.header("authorization") !== login) return c.json({ error: "invalid_client" }, 401);
    if (grantType !== "client_credentials") return c.json({ error: "unsupported_grant_type" }, 400);
    issued++;
    const token = new UnsecuredJWT({ scope: "kafka" }).setSubject(clientId).setIssuedAt();
    const accessToken = token.setExpirationTime(`${lifetimeSeconds} s`).encode();
    return c.json({ access_token: accessToken, token_type: "Bearer", expires_in: lifetimeSeconds });
  });
  const port = await findFreePort();
  const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port });
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${port}/token`,
    clientId,
    clientSecret,
    issued: () => issued,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, "close");
    },
  };
}
