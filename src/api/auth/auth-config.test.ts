import { generateKeyPairSync, randomBytes } from "node:crypto";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { AUTH_ENVIRONMENT, toAuthConfig } from "./auth-config.ts";

const schema = z.object(AUTH_ENVIRONMENT);
const read = (variables: Record<string, string>) => toAuthConfig(schema.parse(variables));
const complaints = (variables: Record<string, string>) =>
  schema.safeParse(variables).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const pemOf = (key: typeof publicKey) => key.export({ type: "spki", format: "pem" }).toString();

describe("JWT_SECRET", () => {
  test.each<[what: string, secret: string, message: RegExp]>([
    ["shorter than 32 bytes", randomBytes(23).toString("base64url"), /at least 32 bytes/],
    ["changeme", "changeme-changeme-changeme-changeme-1234", /placeholder/],
    ["change_me", "please-CHANGE_ME-in-production-0123456789", /placeholder/],
    ["your-secret", "your-secret-key-that-is-at-least-32-bytes", /placeholder/],
    ["your jwt secret", "your_jwt_secret_with_enough_characters_42", /placeholder/],
    ["your super secret", "your-super-secret-jwt-token-with-at-least-32-characters-long", /placeholder/],
    ["supersecret", "supersecretsupersecretsupersecret", /placeholder/],
    ["secret", "secret0123456789abcdefghijklmnopqrstuv", /placeholder/],
    ["example", "example-key-0123456789abcdefghijklmn", /placeholder/],
    ["one repeated character", "a".repeat(64), /has too few distinct characters/],
    ["a few repeated characters", "abc123".repeat(8), /has too few distinct characters/],
    ["a key file", pemOf(publicKey), /key file/],
  ])("is rejected when it is %s, without showing it", (_, secret, message) => {
    const [complaint = "", ...more] = complaints({ JWT_SECRET: secret });
    expect(more).toEqual([]);
    expect(complaint).toMatch(/^JWT_SECRET: /);
    expect(complaint).toMatch(message);
    expect(complaint).not.toContain(secret);
  });

  test("is accepted when it is random, in base64, base64url and hex", () => {
    for (const encoding of ["base64", "base64url", "hex"] as const) {
      for (let round = 0; round < 50; round += 1) {
        expect(complaints({ JWT_SECRET: randomBytes(32).toString(encoding) })).toEqual([]);
      }
    }
  });

  test("may have a predecessor, whose tokens are accepted too, and which must be as strong", () => {
    const [now, before] = [randomBytes(32).toString("base64"), randomBytes(32).toString("base64")];
    expect(read({ JWT_SECRET: now, JWT_SECRET_PREVIOUS: before }).serviceTokens?.secrets).toEqual([now, before]);
    expect(complaints({ JWT_SECRET: now, JWT_SECRET_PREVIOUS: "short" })).not.toEqual([]);
  });

  test("is optional; without it there are no service tokens", () => {
    expect(read({}).serviceTokens).toBeUndefined();
  });
});

describe("CLERK_JWT_KEY", () => {
  test("is accepted as the dashboard shows it, and on one line with \\n", () => {
    const pem = pemOf(publicKey);
    expect(read({ CLERK_JWT_KEY: pem }).jwtKey).toBe(pem);
    expect(read({ CLERK_JWT_KEY: pem.replaceAll("\n", "\\n") }).jwtKey).toBe(pem);
  });

  test.each([
    ["a private key", privateKey.export({ type: "pkcs8", format: "pem" }).toString()],
    ["a key of another size", pemOf(generateKeyPairSync("rsa", { modulusLength: 1_024 }).publicKey)],
    ["a key of another kind", pemOf(generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey)],
    ["not a key", "sk_test_something"],
  ])("is rejected when it is %s", (_, pem) => {
    expect(complaints({ CLERK_JWT_KEY: pem })).toEqual([
      "CLERK_JWT_KEY: must be the PEM public key from Clerk's dashboard (RSA, 2048 bits)",
    ]);
  });
});

describe("lists in the configuration of access", () => {
  test.for([
    ["CORS_ORIGINS", "corsOrigins"],
    ["CLERK_AUTHORIZED_PARTIES", "authorizedParties"],
  ] as const)("%s accepts only origins, and drops a final slash, with which no origin would match", ([name, key]) => {
    const set = "https://a.example/, http://localhost:3000,chrome-extension://abcdef";
    expect(read({ [name]: set })[key]).toEqual([
      "https://a.example",
      "http://localhost:3000",
      "chrome-extension://abcdef",
    ]);
    for (const wrong of ["*", "https://*.a.example", "https://a.example/app", "a.example", "localhost:3000", "null"]) {
      expect(complaints({ [name]: wrong })).toEqual([expect.stringMatching(`^${name}: must be origins`)]);
    }
  });

  test("ADMIN_IP_ALLOW_LIST accepts only addresses and CIDRs", () => {
    expect(read({ ADMIN_IP_ALLOW_LIST: "10.0.0.0/8, 2001:db8::/32,192.0.2.1" }).adminAddresses).toHaveLength(3);
    for (const wrong of ["10.0.0.0/33", "office", "10.0.0", "2001:db8::/129", "10.0.0.0/8,x"]) {
      expect(complaints({ ADMIN_IP_ALLOW_LIST: wrong })).toHaveLength(1);
    }
  });

  test("REQUIRE_MFA_FOR accepts only known actions", () => {
    expect(read({ REQUIRE_MFA_FOR: "delete, role" }).freshFactorFor).toEqual(["delete", "role"]);
    expect(complaints({ REQUIRE_MFA_FOR: "deletes" })).toHaveLength(1);
  });
});
