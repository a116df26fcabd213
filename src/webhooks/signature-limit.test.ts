import { expect, test } from "vitest";
import { createSignatureLimit } from "./signature-limit.ts";

test("a client is limited after its rejected requests, and other and unknown clients are not", () => {
  const limit = createSignatureLimit(3);
  for (let request = 0; request < 3; request += 1) {
    expect(limit.isExceeded(() => "192.0.2.1")).toBe(false);
    limit.countRejected("192.0.2.1");
    limit.countRejected(undefined);
  }
  expect(limit.isExceeded(() => "192.0.2.1")).toBe(true);
  expect(limit.isExceeded(() => "192.0.2.2")).toBe(false);
  expect(limit.isExceeded(() => undefined)).toBe(false);
});

test("a client is not looked up while none has failed", () => {
  const limit = createSignatureLimit(3);
  const lookUp = () => {
    throw new Error("looked up");
  };
  expect(limit.isExceeded(lookUp)).toBe(false);
});

test("0 is no limit", () => {
  const limit = createSignatureLimit(0);
  limit.countRejected("192.0.2.1");
  expect(limit.isExceeded(() => "192.0.2.1")).toBe(false);
});
