import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { StartUpError } from "../../shared/errors.ts";
import { assertKafkajsCanBePatched, wrapMethod } from "./wrap-method.ts";

const loadKafkajs = createRequire(import.meta.url);

/** Loads kafkajs with a different part in one place. */
const loadWith = (path: string, part: unknown) => (wanted: string) => (wanted === path ? part : loadKafkajs(wanted));

class Broker {
  async addPartitionsToTxn(_request: object) {}
  async endTxn(_request: object) {}
  async findGroupCoordinator(_request: object) {}
  async produce(_request: object) {}
}

describe("the check of kafkajs at start", () => {
  test("accepts the installed version", () => {
    expect(() => assertKafkajsCanBePatched()).not.toThrow();
  });

  test("refuses another version", () => {
    const check = () => assertKafkajsCanBePatched(loadWith("kafkajs/package.json", { version: "2.3.0" }));
    expect(check).toThrow(StartUpError);
    expect(check).toThrow("kafkajs 2.3.0 is installed, and this release needs kafkajs 2.2.4");
  });

  test.for(["addPartitionsToTxn", "endTxn", "findGroupCoordinator", "produce"])(
    "refuses a broker without the method %s",
    (name) => {
      class Other extends Broker {}
      Reflect.set(Other.prototype, name, undefined);
      const check = () => assertKafkajsCanBePatched(loadWith("kafkajs/src/broker", Other));
      expect(check).toThrow(StartUpError);
      expect(check).toThrow(`kafkajs has no method ${name} in its broker`);
    },
  );

  test("refuses a broker whose method takes another number of parameters", () => {
    class Other extends Broker {
      // @ts-expect-error: another signature than the one that is patched
      override async produce(_topics: object, _options: object) {}
    }
    const check = () => assertKafkajsCanBePatched(loadWith("kafkajs/src/broker", Other));
    expect(check).toThrow(StartUpError);
    expect(check).toThrow("kafkajs's broker.produce takes 2 parameters instead of 1");
  });

  test("refuses a cluster that is no class", () => {
    const check = () => assertKafkajsCanBePatched(loadWith("kafkajs/src/cluster", {}));
    expect(check).toThrow("kafkajs has no method findGroupCoordinatorMetadata in its cluster");
  });
});

test("a method that does not exist cannot be wrapped", () => {
  expect(() => wrapMethod("broker", "noSuchMethod", (original) => original)).toThrow(StartUpError);
});
