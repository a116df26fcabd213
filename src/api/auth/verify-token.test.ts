import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { readRoles } from "./roles.ts";
import { createServiceTokenVerifier } from "./verify-service-token.ts";
import { createTokenVerifier, rejected, type VerifyToken } from "./verify-token.ts";

const secret = "3Zq8vL1xT6mN0bR5yK9wE2cJ7hG4sD-u";
const findRole = readRoles().find;
const service = createServiceTokenVerifier({ secrets: [secret], audience: "bridge", findRole });
const signFor = (seconds: number, startMs = Date.now()) =>
  new SignJWT({ role: "admin" })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject("billing")
    .setAudience("bridge")
    .setExpirationTime(Math.floor(startMs / 1_000) + seconds)
    .sign(new TextEncoder().encode(secret));

/** A verifier that counts how often it checks a signature. */
function openVerifier() {
  let time = Date.now();
  let verifications = 0;
  const counted: VerifyToken = (token) => {
    verifications += 1;
    return service(token);
  };
  const session: VerifyToken = async () => rejected("a session token");
  return {
    verify: createTokenVerifier({ session, service: counted }, () => time),
    verifications: () => verifications,
    pass: (ms: number) => void (time += ms),
  };
}

describe("a verified token", () => {
  test("is cached for a minute", async () => {
    const { verify, verifications, pass } = openVerifier();
    const token = await signFor(3_600);
    const first = await verify(token);
    expect(first).toMatchObject({ outcome: "verified", caller: { kind: "service", id: "billing", role: "admin" } });
    pass(59_999);
    expect(await verify(token)).toBe(first);
    expect(verifications()).toBe(1);
    pass(1);
    await verify(token);
    expect(verifications()).toBe(2);
  });

  test("leaves the cache when it expires", async () => {
    const { verify, verifications, pass } = openVerifier();
    const token = await signFor(30);
    await verify(token);
    pass(28_900);
    await verify(token);
    expect(verifications()).toBe(1);
    pass(1_100);
    await verify(token);
    expect(verifications()).toBe(2);
  });

  test("does not vouch for a token that differs in one character of the signature", async () => {
    const { verify } = openVerifier();
    const token = await signFor(60);
    await verify(token);
    const at = token.length - 10;
    const other = `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`;
    expect(await verify(other)).toMatchObject({ outcome: "rejected" });
  });

  test("is cached only when it is valid", async () => {
    const { verify, verifications } = openVerifier();
    const token = `${await signFor(60)}x`;
    await verify(token);
    await verify(token);
    expect(verifications()).toBe(2);
  });

  test("is cached among the latest 5,000", async () => {
    let verifications = 0;
    const session: VerifyToken = async () => {
      verifications += 1;
      return { outcome: "verified", caller: { kind: "service", id: "any", ...findRole("user") }, expiresAt: 1e15 };
    };
    const verify = createTokenVerifier({ session, service: undefined }, () => 0);
    for (let index = 0; index <= 5_000; index += 1) await verify(`eyJhbGciOiJSUzI1NiJ9.e30.${index}`);
    expect(verifications).toBe(5_001);
    await verify("eyJhbGciOiJSUzI1NiJ9.e30.1");
    expect(verifications).toBe(5_001);
    await verify("eyJhbGciOiJSUzI1NiJ9.e30.0");
    expect(verifications).toBe(5_002);
  });
});

describe("an unverified token", () => {
  test.each([
    ["none", "eyJhbGciOiJub25lIn0.e30."],
    ["ES256", "eyJhbGciOiJFUzI1NiJ9.e30.AAAA"],
    ["RS512", "eyJhbGciOiJSUzUxMiJ9.e30.AAAA"],
    ["HS512", "eyJhbGciOiJIUzUxMiJ9.e30.AAAA"],
    ["Hs256", "eyJhbGciOiJIczI1NiJ9.e30.AAAA"],
  ])("cannot choose the algorithm %s", async (_, token) => {
    expect(await openVerifier().verify(token)).toEqual(rejected("unknown_algorithm"));
  });

  test.each(["", ".", "..", "...", "a.b.c", "{}", "null", "é.é.é", "\u0000"])(
    "is rejected when it is not a JWT: %j",
    async (token) => expect(await openVerifier().verify(token)).toMatchObject({ outcome: "rejected" }),
  );

  test("is rejected without parsing when it is too long", async () => {
    expect(await openVerifier().verify("a".repeat(8_193))).toEqual(rejected("too_long"));
  });

  test("is rejected when it is a service token and no JWT_SECRET is set", async () => {
    const session: VerifyToken = async () => rejected("a session token");
    const verify = createTokenVerifier({ session, service: undefined }, Date.now);
    expect(await verify(await signFor(60))).toEqual(rejected("unknown_algorithm"));
  });
});
