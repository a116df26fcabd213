import { createRequire } from "node:module";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { encodeInOneBuffer, encodeRecord, type RecordToEncode } from "./encode-in-one-buffer.ts";

const require = createRequire(import.meta.url);
const recordModule = "kafkajs/src/protocol/recordBatch/record/v0/index.js";
/** kafkajs's own encoder, loaded again because another file's test may have replaced it. */
delete require.cache[require.resolve(recordModule)];
const encodeWithKafkajs = z
  .custom<(record: RecordToEncode) => { readonly buffer: Buffer }>((loaded) => typeof loaded === "function")
  .parse(require(recordModule));

const bytes = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 200 }),
  fc.uint8Array({ maxLength: 10_000 }).map((array) => Buffer.from(array)),
);
const record = fc.record(
  {
    offsetDelta: fc.nat(),
    timestampDelta: fc.oneof(fc.nat(200), fc.integer({ min: -(2 ** 45), max: 2 ** 45 })),
    key: fc.option(bytes),
    value: fc.option(bytes),
    headers: fc.dictionary(fc.string(), fc.oneof(bytes, fc.array(bytes, { maxLength: 3 })), { maxKeys: 15 }),
  },
  { requiredKeys: [] },
);

test("a record has the bytes that kafkajs's own encoder gives it", () => {
  expect.hasAssertions();
  fc.assert(
    fc.property(record, (one) => {
      expect(encodeRecord(one).buffer.equals(encodeWithKafkajs(one).buffer)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

test("kafkajs uses the encoder after it is replaced", () => {
  encodeInOneBuffer();
  expect(require(recordModule)).toBe(encodeRecord);
});
