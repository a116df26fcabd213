import { Webhook } from "svix";
import { describe, expect, test } from "vitest";
import { type Reception, routeMessage } from "./route-message.ts";
import { createVerifier } from "./verify-message.ts";
import { ConfigError } from "../shared/errors.ts";

const secret = `whsec_${Buffer.from("the signing secret of unit tests").toString("base64")}`;
const verify = createVerifier([secret]);

const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

function route(body: string, { traceparent = trace, eventFields = [] }: Partial<Reception> = {}) {
  const at = new Date();
  const signature = new Webhook(secret).sign("msg_1", at, body);
  const timestamp = String(Math.floor(at.getTime() / 1_000));
  const verification = verify({ id: "msg_1", timestamp, signature }, body);
  if (verification.outcome !== "verified") throw new Error(verification.reason);
  return routeMessage(verification.message, { receivedAt: 5, traceparent, eventFields });
}

describe("A verified message", () => {
  test.for(["user.created", "user.updated", "user.deleted"])("of type %s is bridged, stripped", (type) => {
    const data = { id: "user_1", private_metadata: { a: 1 }, object: "user" };
    expect(route(JSON.stringify({ type, timestamp: 3, data, event_attributes: {} }))).toEqual({
      outcome: "bridged",
      userId: "user_1",
      message: {
        id: "msg_1",
        source: "webhook",
        type,
        timestamp: 3,
        receivedAt: 5,
        readAt: 0,
        traceparent: trace,
        data: { id: "user_1" },
      },
    });
  });

  test("is bridged without its timestamp when that is none", () => {
    const routed = route(JSON.stringify({ type: "user.deleted", timestamp: "soon", data: { id: "user_1" } }));
    expect(routed).toMatchObject({ outcome: "bridged", message: { timestamp: undefined } });
  });

  test.for(["", "00-trace", `${trace}-${"f".repeat(10_000)}`, trace.toUpperCase()])(
    "is bridged without a trace context that is none, whatever its length",
    (traceparent) => {
      const routed = route(JSON.stringify({ type: "user.deleted", data: { id: "user_1" } }), { traceparent });
      expect(routed).toMatchObject({ outcome: "bridged", message: { traceparent: undefined } });
    },
  );

  test("of a session without its user is unreadable", () => {
    const routed = route(JSON.stringify({ type: "session.created", data: { id: "user_1" } }));
    expect(routed).toMatchObject({ outcome: "unreadable", reason: "session.created without a user id" });
  });

  test.for(["organization.created", "email.created", "user.renamed", ""])("of type `%s` is ignored", (type) => {
    expect(route(JSON.stringify({ type, data: { id: "user_1" } }))).toEqual({ outcome: "ignored", type });
  });

  test.for(["", "nonsense", "{", "\u0000"])("that is `%s` is unreadable: not JSON", (body) => {
    expect(route(body)).toEqual({ outcome: "unreadable", reason: "not JSON", body });
  });

  test.for(["null", "7", "[]", "{}", '{"type":7}'])("that is %s is unreadable: it has no type", (body) => {
    expect(route(body)).toMatchObject({ outcome: "unreadable", reason: "no type", body });
  });

  test("without a user's id is unreadable, and what is kept of it holds nothing private, however deep", () => {
    const secrets = { private_metadata: { a: "tell-tale" }, unsafe_metadata: "tell-tale", backup_codes: ["tell-tale"] };
    const data = { id: 7, first_name: "Ada", nested: [{ ...secrets }], ...secrets };
    const routed = route(JSON.stringify({ type: "user.updated", data, event_attributes: { ip: "tell-tale" } }));
    expect(routed).toEqual({
      outcome: "unreadable",
      reason: "user.updated without a user id",
      body: JSON.stringify({ type: "user.updated", data: { id: 7, first_name: "Ada", nested: [{}] } }),
    });
  });
});

test.for(["", "whsec_", "whsec_%%%", "sk_test_x"])("`%s` is no signing secret, and is not told", (wrong) => {
  const create = () => createVerifier([secret, wrong]);
  expect(create).toThrow(ConfigError);
  expect(create).toThrow(
    /^CLERK_WEBHOOK_SECRET: secret 2 is not a signing secret \(whsec_ and base64, at least 24 bytes\)$/,
  );
});
