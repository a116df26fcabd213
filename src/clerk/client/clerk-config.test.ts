import { expect, test } from "vitest";
import { z } from "zod";
import { CLERK_ENVIRONMENT, toClerkConfig } from "./clerk-config.ts";

const read = (variables: Record<string, string>) =>
  toClerkConfig(z.object(CLERK_ENVIRONMENT).parse({ CLERK_SECRET_KEY: "sk_test_x", ...variables }));

test.for([
  "https://clerk.internal",
  "https://clerk.internal/",
  "https://clerk.internal/v1",
  "https://clerk.internal/v1/",
  "https://clerk.internal//v1//",
])("the address %s of Clerk is the one to which the SDK appends /v1", (url) => {
  expect(read({ CLERK_API_URL: url }).apiUrl).toBe("https://clerk.internal");
});

test("an address of Clerk may have a path", () => {
  expect(read({ CLERK_API_URL: "https://proxy.internal/clerk/v1/" }).apiUrl).toBe("https://proxy.internal/clerk");
});

test.for(["api.clerk.com", "ftp://api.clerk.com", ""])("%s is refused as an address of Clerk", (url) => {
  expect(() => read({ CLERK_API_URL: url })).toThrow("Invalid URL");
});

test("the rate limit is that of the key's kind, unless it is set", () => {
  expect(read({}).rateLimit).toBe(100);
  expect(read({ CLERK_SECRET_KEY: "sk_live_x" }).rateLimit).toBe(1_000);
  expect(read({ CLERK_RATE_LIMIT: "7" }).rateLimit).toBe(7);
});

test("a missing secret key is an error that says where to find it", () => {
  expect(() => toClerkConfig(z.object(CLERK_ENVIRONMENT).parse({}))).toThrow("dashboard");
});
