import { generate } from "selfsigned";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { KAFKA_SECURITY_ENVIRONMENT, toKafkaSecurity } from "./kafka-security.ts";

const read = (variables: Readonly<Record<string, string>>) =>
  toKafkaSecurity(z.object(KAFKA_SECURITY_ENVIRONMENT).parse(variables));

let cert: string;
let key: string;
let otherKey: string;
beforeAll(async () => {
  const [pair, other] = await Promise.all([generate(), generate()]);
  [cert, key, otherKey] = [pair.cert, pair.private, other.private];
});

test("certificates and keys may have \\n for their line breaks", () => {
  const oneLine = { KAFKA_SSL_CERT: cert.replaceAll("\n", "\\n"), KAFKA_SSL_KEY: key.replaceAll("\n", "\\n") };
  expect(read({ KAFKA_SSL: "true", ...oneLine }).ssl).toEqual({ cert, key });
});

describe("settings that do not belong together are refused", () => {
  test.for<[problem: string, variables: () => Record<string, string>, message: string]>([
    ["an authority without TLS", () => ({ KAFKA_SSL_CA: cert }), "KAFKA_SSL: must be true"],
    ["a certificate without a key", () => ({ KAFKA_SSL: "true", KAFKA_SSL_CERT: cert }), "mutual TLS needs both"],
    ["a key without a certificate", () => ({ KAFKA_SSL: "true", KAFKA_SSL_KEY: key }), "mutual TLS needs both"],
    [
      "the key of another certificate",
      () => ({ KAFKA_SSL: "true", KAFKA_SSL_CERT: cert, KAFKA_SSL_KEY: otherKey }),
      "KAFKA_SSL_KEY: is not the key of KAFKA_SSL_CERT",
    ],
    ["a mechanism without a user", () => ({ KAFKA_SASL_MECHANISM: "plain" }), "plain needs KAFKA_SASL_USERNAME"],
    ["OAUTHBEARER without a token", () => ({ KAFKA_SASL_MECHANISM: "oauthbearer" }), "needs KAFKA_TOKEN_PROVIDER, or"],
    [
      "two origins of tokens",
      () => ({
        KAFKA_SASL_MECHANISM: "oauthbearer",
        KAFKA_TOKEN_PROVIDER: "a.mjs",
        KAFKA_OAUTH_TOKEN_URL: "https://a",
      }),
      "needs KAFKA_TOKEN_PROVIDER, or",
    ],
  ])("%s", ([, variables, message]) => {
    expect(() => read(variables())).toThrow(message);
  });
});

test.for<[problem: string, variables: () => Record<string, string>, message: string]>([
  ["no such file", () => ({ KAFKA_SSL_CA: "/nowhere/ca.pem" }), "neither PEM nor the path of a PEM file: ENOENT"],
  ["a file of another kind", () => ({ KAFKA_SSL_CA: "package.json" }), "neither PEM nor the path of a PEM file: ERR_"],
  ["a key in place of a certificate", () => ({ KAFKA_SSL_CERT: key }), "neither PEM nor the path of a PEM file: ERR_"],
  ["a certificate in place of a key", () => ({ KAFKA_SSL_KEY: cert }), "neither PEM nor the path of a PEM file: ERR_"],
])("a setting that is no certificate or key is refused with the reason: %s", ([, variables, message]) => {
  expect(() => read(variables())).toThrow(message);
});
