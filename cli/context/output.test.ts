import { expect, test } from "vitest";
import { formatTable } from "./output.ts";

test("a table has columns as wide as their widest cell, with numbers at the right", () => {
  expect(
    formatTable([
      ["NAME", "COUNT", "NOTE"],
      ["a", 5, ""],
      ["longer", 1_234, "x"],
    ]),
  ).toEqual(["NAME    COUNT  NOTE", "a           5", "longer   1234  x"]);
});
