import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign as rsaSign } from "node:crypto";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callApi, type CallOptions } from "../../support/api/call-api.ts";
import { openApi } from "../../support/api/open-api.ts";
import { serviceSecret, signServiceToken } from "../../support/api/tokens.ts";

const { privateKey: clerkKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const { privateKey: foreignKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const clerkPem = createPublicKey(clerkKey).export({ type: "spki", format: "pem" }).toString();
const app = "https://app.example";

type Api = Awaited<ReturnType<typeof openApi>>;
let api: Api;
beforeAll(async () => {
  api = await openApi({
    clerk: { signingKey: clerkKey },
    variables: {
      CLERK_JWT_KEY: clerkPem,
      CLERK_AUTHORIZED_PARTIES: app,
      CORS_ORIGINS: app,
      ADMIN_IP_ALLOW_LIST: "127.0.0.1",
      RATE_LIMIT_BAD_TOKENS: "100000",
    },
  });
});
afterAll(() => api[Symbol.asyncDispose]());

const now = () => Math.floor(Date.now() / 1_000);
type Json = Readonly<Record<string, unknown>>;

/** The claims of an admin's session token. */
const adminClaims = (): Json => ({
  azp: app,
  exp: now() + 60,
  fva: [0, 0],
  iat: now(),
  iss: "https://emulator.clerk.accounts.dev",
  jti: "0123456789abcdef",
  metadata: { role: "admin" },
  nbf: now() - 10,
  sid: "sess_1",
  sts: "active",
  sub: "user_admin",
  v: 2,
});
const clerkHeader = { alg: "RS256", cat: "cl_B7d4PD111AAA", kid: "ins_1", typ: "JWT" };

const sign = (claims: Json, header: Json = {}, key: KeyObject | Uint8Array = clerkKey): Promise<string> =>
  new SignJWT({ ...claims }).setProtectedHeader({ ...clerkHeader, ...header }).sign(key);
const adminToken = (claims: Json = {}, header: Json = {}, key?: KeyObject | Uint8Array) =>
  sign({ ...adminClaims(), ...claims }, header, key);
const encode = (part: unknown) =>
  Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");
/** Builds a token that no library would create. */
const forge = (header: Json, claims: Json, signature: string) => `${encode(header)}.${encode(claims)}.${signature}`;
const hmac = (secret: string, header: Json, claims: Json) => {
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
};
const withoutClaim = (name: string): Json =>
  Object.fromEntries(Object.entries(adminClaims()).filter(([key]) => key !== name));
const foreignJwk = createPublicKey(foreignKey).export({ format: "jwk" });

interface ExpectedResponse {
  readonly status: number;
  readonly body: Json;
}
const requiresToken: ExpectedResponse = {
  status: 401,
  body: { error: "Access token required", code: "access_token_required" },
};
const invalidToken: ExpectedResponse = { status: 403, body: { error: "Invalid token", code: "invalid_token" } };
const adminOnly: ExpectedResponse = {
  status: 403,
  body: { error: "Admin access required", code: "permission_missing" },
};
const invalidInput: ExpectedResponse = { status: 400, body: { code: "invalid_input" } };
const tooLarge: ExpectedResponse = { status: 413, body: { code: "payload_too_large" } };

type Attack = readonly [name: string, attack: () => CallOptions | Promise<CallOptions>, line?: string];

/** Tests that each attack gets this response, causes no Clerk request and leaves no token in the log. */
function testAttacks(expected: ExpectedResponse, defaultLine: string, attacks: readonly Attack[]): void {
  test.each(attacks.map(([name, attack, line = defaultLine]) => ({ name, attack, line })))(
    "$name",
    async ({ attack, line }) => {
      const options = await attack();
      const { value, requests } = await api.clerk.during(() => callApi(api.url, line, options));
      expect(value).toMatchObject(expected);
      expect(requests).toEqual([]);
      if (options.token !== undefined) expectUnlogged(options.token);
    },
  );
}

function expectUnlogged(token: string): void {
  const parts = token.split(".").filter((part) => part.length > 15);
  expect(parts.filter((part) => api.log().includes(part))).toEqual([]);
}

const token = (make: () => string | Promise<string>) => async () => ({ token: await make() });

describe("a valid token is accepted, so that each attack fails for its own fault", () => {
  test.each([
    ["of an admin", () => adminToken()],
    ["of a service", () => signServiceToken()],
    ["assembled by hand", () => forgeSigned({})],
  ])("%s", async (_, make) => {
    const { status } = await callApi(api.url, "GET /api/users/user_unknown", { token: await make() });
    expect(status).toBe(404);
  });
});

describe("a request without a bearer token gets 401 Access token required", () => {
  testAttacks(requiresToken, "GET /api/users", [
    ["without credentials", () => ({})],
    ["with another authentication scheme", () => ({ headers: { authorization: "Basic YWRtaW46YWRtaW4=" } })],
    ["with a token in a cookie", async () => ({ headers: { cookie: `__session=${await adminToken()}` } })],
    ["with a token in another header", async () => ({ headers: { "x-access-token": await adminToken() } })],
    ["with a token in the query", () => ({}), "GET /api/users?access_token=abc&token=abc"],
    [
      "with a header that overrides the method",
      () => ({ headers: { "x-http-method-override": "GET" } }),
      "POST /api/users",
    ],
    [
      "with headers that override the path",
      () => ({ headers: { "x-original-url": "/livez", "x-rewrite-url": "/livez" } }),
    ],
    ["with a path that starts at a public route", () => ({}), "GET /livez/../api/users"],
    ["with an escaped path", () => ({}), "GET /%61pi/users"],
    ["for a deletion", () => ({}), "DELETE /api/users/user_1"],
  ]);
});

describe("a token that Clerk did not sign gets 403 Invalid token", () => {
  testAttacks(invalidToken, "GET /api/users", [
    ["text that is not a JWT", token(() => "rubbish")],
    ["three dots", token(() => "...")],
    [
      "two tokens in one header",
      async () => ({ headers: { authorization: `Bearer ${await adminToken()}, ${await adminToken()}` } }),
    ],
    ["alg none", token(() => forge({ ...clerkHeader, alg: "none" }, adminClaims(), ""))],
    ["alg None", token(() => forge({ ...clerkHeader, alg: "None" }, adminClaims(), "AAAA"))],
    ["no alg", token(() => forge({ typ: "JWT", kid: "ins_1" }, adminClaims(), "AAAA"))],
    ["alg as a list", token(() => forge({ ...clerkHeader, alg: ["RS256"] }, adminClaims(), "AAAA"))],
    ["HS256 with the public key as secret", token(() => hmac(clerkPem, { alg: "HS256", typ: "JWT" }, adminClaims()))],
    [
      "HS256 with the trimmed public key as secret",
      token(() => hmac(clerkPem.trim(), { alg: "HS256", typ: "JWT" }, adminClaims())),
    ],
    [
      "HS256 with the public key as secret and our audience",
      token(() =>
        hmac(clerkPem, { alg: "HS256" }, { sub: "a", aud: "clerk-kafka-bridge", role: "admin", exp: now() + 60 }),
      ),
    ],
    ["HS256 with an empty secret", token(() => hmac("", { alg: "HS256", typ: "JWT" }, adminClaims()))],
    ["another key", token(() => adminToken({}, {}, foreignKey))],
    ["another key with an unknown key id", token(() => adminToken({}, { kid: "ins_2" }, foreignKey))],
    ["another key embedded in the header", token(() => adminToken({}, { jwk: foreignJwk }, foreignKey))],
    [
      "another key behind a URL in the header",
      token(() => adminToken({}, { jku: `${api.clerk.url}/v1/jwks`, x5u: api.clerk.url }, foreignKey)),
    ],
    ["a key id that is a path", token(() => adminToken({}, { kid: "../../../dev/null" }, foreignKey))],
    ["PS256", token(() => adminToken({}, { alg: "PS256" }))],
    ["RS512 with Clerk's key", token(() => adminToken({}, { alg: "RS512" }))],
    [
      "an HS256 header with an RS256 signature",
      token(async () =>
        forge({ ...clerkHeader, alg: "HS256" }, adminClaims(), (await adminToken()).split(".")[2] ?? ""),
      ),
    ],
    ["no signature", token(async () => `${(await adminToken()).split(".").slice(0, 2).join(".")}.`)],
    [
      "the signature of another token",
      token(async () =>
        forge(clerkHeader, { ...adminClaims(), sub: "user_other" }, (await adminToken()).split(".")[2] ?? ""),
      ),
    ],
    [
      "a tampered payload",
      token(async () => {
        const [header, , signature = ""] = (await adminToken({ metadata: { role: "user" } })).split(".");
        return `${header}.${encode(adminClaims())}.${signature}`;
      }),
    ],
    [
      "a tampered header",
      token(async () =>
        forge({ ...clerkHeader, kid: "ins_3" }, adminClaims(), (await adminToken()).split(".")[2] ?? ""),
      ),
    ],
    ["longer than 8 KiB", token(() => adminToken({ padding: "x".repeat(8_192) }))],
  ]);
});

describe("a Clerk token that is not valid for this API gets 403 Invalid token", () => {
  testAttacks(invalidToken, "GET /api/users", [
    ["with an unknown critical extension", token(() => forgeSigned({}, { crit: ["x"], x: 1 }))],
    ["with a critical exp", token(() => forgeSigned({}, { crit: ["exp"] }))],
    ["expired", token(() => adminToken({ exp: now() - 6 }))],
    ["expired long ago", token(() => adminToken({ exp: 1_500_000_000, iat: 1_499_999_940, nbf: 1_499_999_930 }))],
    ["without exp", token(() => sign(withoutClaim("exp")))],
    ["with exp as text", token(() => forgeSigned({ exp: String(now() + 60) }))],
    ["not yet valid", token(() => adminToken({ nbf: now() + 60 }))],
    ["issued in the future", token(() => adminToken({ iat: now() + 60 }))],
    ["of a pending session", token(() => adminToken({ sts: "pending" }))],
    ["of a session with an unknown status", token(() => adminToken({ sts: "revoked" }))],
    ["for another party", token(() => adminToken({ azp: "https://evil.example" }))],
    ["for an origin that only starts with ours", token(() => adminToken({ azp: `${app}.evil.example` }))],
    ["without azp", token(() => sign(withoutClaim("azp")))],
    ["without a subject", token(() => sign(withoutClaim("sub")))],
    ["with a path as its subject", token(() => adminToken({ sub: "../users" }))],
    ["without a session (a JWT template)", token(() => sign(withoutClaim("sid"), { cat: undefined }))],
    ["of a machine", token(() => adminToken({ sub: "mch_1" }, { cat: "cl_B7d4PD333AAA" }))],
    ["of a JWT template", token(() => adminToken({}, { cat: "cl_B7d4PD222AAA" }))],
    ["of OAuth", token(() => adminToken({}, { typ: "at+jwt" }))],
    ["with an empty actor", token(() => adminToken({ act: {} }))],
    [
      "with service claims signed by Clerk's key",
      token(() =>
        sign({ sub: "billing", aud: "clerk-kafka-bridge", role: "admin", exp: now() + 60, azp: app, iat: now() }),
      ),
    ],
  ]);
});

describe("an invalid service token gets 403 Invalid token", () => {
  const signWithSecret = (claims: Json, header: Json = { alg: "HS256", typ: "JWT" }) =>
    hmac(serviceSecret, header, claims);
  testAttacks(invalidToken, "GET /api/users", [
    ["expired", token(() => signServiceToken({ exp: now() - 6 }))],
    ["without exp", token(() => signServiceToken({ exp: undefined }))],
    ["without aud", token(() => signServiceToken({ aud: undefined }))],
    ["for another audience", token(() => signServiceToken({ aud: "billing" }))],
    ["not yet valid", token(() => signServiceToken({ nbf: now() + 60 }))],
    ["without a subject", token(() => signServiceToken({ sub: undefined }))],
    ["without a role", token(() => signServiceToken({ role: undefined }))],
    ["with roles in a list", token(() => signServiceToken({ role: ["admin"] }))],
    ["signed with another secret", token(() => signServiceToken({}, { secret: `${serviceSecret}x` }))],
    ["signed with HS512", token(() => signServiceToken({}, { secret: serviceSecret.repeat(2), alg: "HS512" }))],
    [
      "with session claims signed with the service secret",
      token(() => signWithSecret(adminClaims(), { ...clerkHeader, alg: "HS256" })),
    ],
    ["with an RS256 header, signed with the service secret", token(() => signWithSecret(adminClaims(), clerkHeader))],
    [
      "with a critical extension",
      token(() =>
        signWithSecret(
          { sub: "a", aud: "clerk-kafka-bridge", role: "admin", exp: now() + 60 },
          { alg: "HS256", crit: ["x"], x: 1 },
        ),
      ),
    ],
  ]);
});

describe("a caller without the required role gets 403 Admin access required", () => {
  const claimed = (claims: Json) => token(() => sign({ ...withoutClaim("metadata"), sub: "user_1", ...claims }));
  testAttacks(adminOnly, "GET /api/users", [
    [
      "with a role in unsafe metadata",
      claimed({ unsafe_metadata: { role: "admin" }, unsafeMetadata: { role: "admin" } }),
    ],
    ["with unsafe metadata inside the metadata", claimed({ metadata: { unsafe_metadata: { role: "admin" } } })],
    ["with a role in private metadata", claimed({ private_metadata: { role: "admin" } })],
    ["with public metadata under another name", claimed({ public_metadata: { role: "admin" } })],
    [
      "with a role claim of its own",
      claimed({ role: "admin", roles: ["admin"], permissions: ["users:read"], is_admin: true }),
    ],
    ["with a role in an organization", claimed({ org_role: "org:admin", o: { rol: "admin" } })],
    ["with a list as role", claimed({ metadata: { role: ["admin"] } })],
    ["with metadata as text", claimed({ metadata: '{"role":"admin"}' })],
    ["with metadata as a list", claimed({ metadata: [{ role: "admin" }] })],
    ["with a role in capital letters", claimed({ metadata: { role: "ADMIN" } })],
    ["with a leading space before the role", claimed({ metadata: { role: " admin" } })],
    ["with the name of an object property as role", claimed({ metadata: { role: "constructor" } })],
    [
      "with a role in a prototype",
      token(() => forgeSigned({ sub: "user_1", metadata: JSON.parse('{"__proto__":{"role":"admin"}}') })),
    ],
    ["as a service with an unknown role", token(() => signServiceToken({ role: "root" }))],
    ["reading another user's account", claimed({}), "GET /api/users/user_2"],
    ["reading their own id in capital letters", claimed({}), "GET /api/users/USER_1"],
    ["changing their own role", claimed({}), "PUT /api/users/user_1/role"],
    ["deleting themselves", claimed({}), "DELETE /api/users/user_1"],
    [
      "as a service named like the user",
      token(() => signServiceToken({ sub: "user_1", role: "user" })),
      "GET /api/users/user_1",
    ],
  ]);
});

describe("a malformed user id gets 400 without a Clerk request", () => {
  const admin = token(() => adminToken());
  testAttacks(invalidInput, "", [
    ["an escaped parent path", admin, "GET /api/users/..%2f..%2fjwks"],
    ["a doubly escaped parent path", admin, "GET /api/users/%252e%252e%252fjwks"],
    ["a backslash", admin, "GET /api/users/..%5cjwks"],
    ["an escaped subpath", admin, "GET /api/users/user_1%2fmetadata"],
    ["a query", admin, "GET /api/users/user_1%3flimit=1"],
    ["a fragment", admin, "GET /api/users/user_1%23"],
    ["a parameter", admin, "GET /api/users/user_1;x=1"],
    ["a NUL", admin, "GET /api/users/user_1%00"],
    ["a line break", admin, "GET /api/users/user_1%0d%0aHost:x"],
    ["an incomplete escape sequence", admin, "GET /api/users/%ff"],
    ["a letter of another script", admin, "GET /api/users/us%D0%B5r_1"],
    ["a dot", admin, "GET /api/users/user.1"],
    ["an id of 300 characters", admin, `GET /api/users/${"u".repeat(300)}`],
    ["an escaped parent path in a deletion", admin, "DELETE /api/users/..%2f..%2fjwks"],
  ]);
});

describe("a disguised path or method reaches no protected route", () => {
  test.each([
    ["two slashes", "GET //api/users", 404],
    ["capital letters", "GET /API/users", 404],
    ["an escaped slash", "GET /api%2fusers", 404],
    ["two dots", "GET /api/users/../../metrics/../api/x", 404],
    ["a parent path", "GET /api/users/..", 404],
    ["a NUL", "GET /api/users%00", 404],
    ["another method", "TRACE /api/users", 405],
    ["an unknown method", "PROPFIND /api/users", 405],
  ])("%s: %s is %i", async (_, line, status) => {
    const { value, requests } = await api.clerk.during(() => callApi(api.url, line));
    expect([value.status, requests]).toEqual([status, []]);
  });

  test("an absolute URL as request target still requires a token", async () => {
    expect(await raw("GET http://evil.example/api/users HTTP/1.1\r\nHost: evil.example")).toMatch(/^HTTP\/1.1 401 /);
  });
  test("a Host header with a path gets 4xx", async () => {
    expect(await raw("GET /api/users HTTP/1.1\r\nHost: 127.0.0.1/livez?")).toMatch(/^HTTP\/1.1 4\d\d /);
  });
});

describe("request bodies", () => {
  const admin =
    (body: string | readonly string[], headers: Readonly<Record<string, string>> = {}) =>
    async () => ({ token: await adminToken(), body, headers });
  const kib = "x".repeat(1_024);

  describe("a body larger than 256 KiB gets 413", () => {
    testAttacks(tooLarge, "POST /api/users", [
      ["with Content-Length", admin(`{"firstName":"${kib.repeat(256)}"}`)],
      ["in chunks", admin(Array.from({ length: 257 }, () => kib))],
      ["of 20 MiB", admin(kib.repeat(20 * 1_024))],
      ["for a single user", admin(kib.repeat(257)), "PUT /api/users/user_1"],
    ]);
  });

  describe("a body with a prototype-polluting key gets 400", () => {
    const pollutes = (path: string): ExpectedResponse => ({
      status: 400,
      body: { code: "invalid_input", details: [{ path, message: "Not allowed as a key" }] },
    });
    testAttacks(pollutes("__proto__"), "POST /api/users", [
      ["__proto__", admin('{"__proto__":{"role":"admin"}}')],
      ["__proto__ in escapes", admin(String.raw`{"\u005f_proto\u005f_":{"role":"admin"}}`)],
      ["__proto__ deep inside", admin('{"emailAddress":[{"a":{"__proto__":{"polluted":true}}}]}')],
      ["in a batch", admin('{"operations":[{"__proto__":{"polluted":true}}]}'), "POST /api/users/batch"],
    ]);
    testAttacks(pollutes("constructor"), "POST /api/users", [
      ["constructor.prototype", admin('{"constructor":{"prototype":{"polluted":true}}}')],
    ]);
    test("leaves Object.prototype unchanged", () => expect(Object.keys(Object.prototype)).toEqual([]));
  });

  describe("a body that is not valid JSON gets 4xx", () => {
    test.each<[what: string, options: CallOptions, status: number]>([
      ["truncated", { body: '{"firstName":' }, 400],
      ["of a hundred thousand brackets", { body: "[".repeat(100_000) }, 400],
      ["nested a hundred thousand deep", { body: `${"[".repeat(100_000)}${"]".repeat(100_000)}` }, 400],
      [
        "nested a hundred thousand deep around __proto__",
        { body: `${"[".repeat(100_000)}"__proto__"${"]".repeat(100_000)}` },
        400,
      ],
      ["XML", { body: "<a/>", headers: { "content-type": "application/xml" } }, 415],
      ["a form", { body: "firstName=a", headers: { "content-type": "application/x-www-form-urlencoded" } }, 415],
    ])("%s", async (_, options, status) => {
      const answer = await callApi(api.url, "POST /api/users", { token: await adminToken(), ...options });
      expect(answer.status).toBe(status);
    });
  });

  test("a body with two lengths gets 400, and its rest is not read as another request", async () => {
    const answer = await raw(
      "POST /api/users HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: a",
    );
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer.match(/HTTP\/1.1/g)).toHaveLength(1);
  });
});

describe("request headers", () => {
  test("larger than 16 KiB get 431", async () => {
    const many = Array.from({ length: 150 }, (_, index) => `X-Flood-${index}: ${"x".repeat(100)}`).join("\r\n");
    expect(await raw(`GET /api/users HTTP/1.1\r\nHost: a\r\n${many}`)).toMatch(/^HTTP\/1.1 431 /);
    expect(await raw(`GET /api/users HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(17_000)}`)).toMatch(/^HTTP\/1.1 431 /);
  });

  test("with more lines than Node keeps get 431, so that a proxy's X-Forwarded-For is not dropped", async () => {
    const many = "a:\r\n".repeat(2_000);
    expect(await raw(`GET /api/users HTTP/1.1\r\nHost: a\r\n${many}X-Forwarded-For: 192.0.2.1`)).toMatch(
      /^HTTP\/1.1 431 /,
    );
  });

  test("with a malformed line get 400", async () => {
    expect(await raw("GET /api/users HTTP/1.1\r\nHost: a\r\nAuthorization : Bearer x\r\nX\u0000: y")).toMatch(
      /^HTTP\/1.1 400 /,
    );
  });

  test("with an unlisted Origin get a response without CORS permission", async () => {
    for (const origin of ["https://evil.example", `${app}.evil.example`, "null"]) {
      const headers = { origin, "access-control-request-method": "GET" };
      const preflight = await callApi(api.url, "OPTIONS /api/users", { headers });
      const answer = await callApi(api.url, "GET /api/users", { headers });
      expect([preflight, answer].map(({ headers: its }) => its["access-control-allow-origin"])).toEqual([
        undefined,
        undefined,
      ]);
    }
  });
});

describe("forged client addresses", () => {
  test("pass neither the allow list nor the rate limit", async () => {
    const other = await openApi({
      clerk: { signingKey: clerkKey },
      variables: { CLERK_JWT_KEY: clerkPem, ADMIN_IP_ALLOW_LIST: "10.0.0.0/8", RATE_LIMIT_PER_IP: "5" },
      waitUntilReady: false,
    });
    try {
      const adminFrom = async (ip: string) =>
        callApi(other.url, "GET /api/users", {
          token: await adminToken(),
          headers: { "x-forwarded-for": ip, "x-real-ip": ip, forwarded: `for=${ip}`, "cf-connecting-ip": ip },
        });
      const answers = [];
      // At most five in memory, before the process has reached Redis, and five in Redis.
      for (let host = 1; host <= 12; host += 1) answers.push((await adminFrom(`10.0.0.${host}`)).body["code"]);
      expect(new Set(answers.slice(0, 5))).toEqual(new Set(["address_not_allowed"]));
      expect(new Set(answers.slice(10))).toEqual(new Set(["rate_limited"]));
      expect(other.clerk.requests).toEqual([]);
    } finally {
      await other[Symbol.asyncDispose]();
    }
  });
});

describe("tokens with unknown keys", () => {
  test("cause one JWKS request, however many there are", async () => {
    const other = await openApi({ clerk: { signingKey: clerkKey }, variables: { RATE_LIMIT_BAD_TOKENS: "100000" } });
    try {
      const guess = async (index: number) =>
        callApi(other.url, "GET /api/users", { token: await adminToken({}, { kid: `ins_${index}` }, foreignKey) });
      const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => guess(index)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([403]));
      expect(other.clerk.requests.map(({ path }) => path)).toEqual(["/jwks"]);
    } finally {
      await other[Symbol.asyncDispose]();
    }
  });
});

test("after all attacks the API still serves valid requests", async () => {
  expect((await callApi(api.url, "GET /api/users/user_unknown", { token: await adminToken() })).status).toBe(404);
  expect((await callApi(api.url, "GET /readyz")).status).toBe(200);
});

/** Signs with Clerk's key a token that jose would not sign. */
function forgeSigned(claims: Json, header: Json = {}): string {
  const signed = `${encode({ ...clerkHeader, ...header })}.${encode({ ...adminClaims(), ...claims })}`;
  return `${signed}.${rsaSign("sha256", Buffer.from(signed), clerkKey).toString("base64url")}`;
}

/** Sends a request head unchanged, and returns everything received until the connection ends. */
async function raw(head: string): Promise<string> {
  const socket = connect(Number(new URL(api.url).port), "127.0.0.1");
  socket.write(`${head}\r\nConnection: close\r\n\r\n`);
  return text(socket);
}
