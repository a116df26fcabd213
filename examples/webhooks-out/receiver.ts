// An endpoint for the demonstration: verifies each webhook, and prints it unless it is a repetition.
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { Webhook } from "standardwebhooks";
import { readEndpoints } from "./endpoints.ts";

const [endpoint] = await readEndpoints(process.env["ENDPOINTS_FILE"] ?? "endpoints.json");
if (endpoint === undefined) throw new Error("the file has no endpoint");
const webhook = new Webhook(endpoint.secret);
const seen = new Set<string>();

createServer((request, response) => {
  void (async () => {
    const body = await text(request);
    const id = String(request.headers["webhook-id"]);
    try {
      webhook.verify(
        body,
        Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
      );
    } catch {
      response.writeHead(400).end();
      return;
    }
    if (!seen.has(id)) console.log(body);
    seen.add(id);
    response.writeHead(204).end();
  })();
}).listen(Number(new URL(endpoint.url).port), "127.0.0.1");
console.log(`listens on ${endpoint.url}`);
