import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Permission, permissions } from "../http/caller.ts";
import { outranks, readRoles } from "./roles.ts";
import { ConfigError } from "../../shared/errors.ts";

const fileOf = (text: string): string => {
  const folder = mkdtempSync(join(tmpdir(), "roles-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "roles.json");
  writeFileSync(file, text);
  return file;
};
const rolesOf = (roles: unknown) => readRoles(fileOf(JSON.stringify({ roles })));

describe("the default roles", () => {
  test("are `admin` with every permission and `user` with none", () => {
    const findRole = readRoles().find;
    expect(findRole("admin")).toEqual({ role: "admin", permissions: new Set(permissions) });
    expect(findRole("user")).toEqual({ role: "user", permissions: new Set() });
  });

  test.each([undefined, null, 7, "", "root", "Admin", ["admin"], { role: "admin" }, "__proto__", "constructor"])(
    "map the claim %j to `user`",
    (claim) => expect(readRoles().find(claim)).toEqual({ role: "user", permissions: new Set() }),
  );
});

describe("a roles file", () => {
  test("lets a role inherit permissions from several roles, transitively", () => {
    const roles = rolesOf({
      user: { permissions: [] },
      reader: { inherits: ["user"], permissions: ["users:read"] },
      auditor: { permissions: ["audit:read"] },
      lead: { inherits: ["reader", "auditor"], permissions: ["users:write"] },
      boss: { inherits: ["lead"], permissions: [] },
    });
    expect(roles.find("boss").permissions).toEqual(new Set(["users:read", "audit:read", "users:write"]));
    expect(roles.find("reader").permissions).toEqual(new Set(["users:read"]));
    expect(roles.granting("audit:read")).toEqual(["auditor", "lead", "boss"]);
  });

  test.each<[what: string, roles: unknown, message: RegExp]>([
    [
      "a cycle",
      { user: { permissions: [] }, a: { inherits: ["b"], permissions: [] }, b: { inherits: ["a"], permissions: [] } },
      /cycle: a → b → a/,
    ],
    ["a role that inherits from itself", { user: { inherits: ["user"], permissions: [] } }, /cycle: user → user/],
    [
      "an unknown permission",
      { user: { permissions: ["users:reed"] } },
      /roles\.user\.permissions\.0: unknown permission "users:reed"/,
    ],
    [
      "an inherited role that does not exist",
      { user: { inherits: ["ghost"], permissions: [] } },
      /user inherits from ghost, which does not exist/,
    ],
    ["no role user", { admin: { permissions: [] } }, /there must be a role "user"/],
    ["a misspelt field", { user: { permissions: [], inherit: ["admin"] } }, /roles\.user: .*inherit/],
    ["a role without a name", { user: { permissions: [] }, "": { permissions: [] } }, /roles\./],
  ])("is rejected for %s", (_, roles, message) => {
    expect(() => rolesOf(roles)).toThrow(ConfigError);
    expect(() => rolesOf(roles)).toThrow(message);
  });

  test("is rejected when it is not JSON or does not exist", () => {
    expect(() => readRoles(fileOf("{"))).toThrow(/ROLES_FILE: .* cannot be read/);
    expect(() => readRoles("/nowhere/roles.json")).toThrow(/ROLES_FILE: \/nowhere\/roles.json cannot be read/);
  });
});

test.for<[what: string, role: readonly Permission[], other: readonly Permission[], expected: boolean]>([
  ["a permission that the other one lacks", ["users:read", "users:delete"], ["users:read"], true],
  ["the same permissions", ["users:read"], ["users:read"], false],
  ["fewer permissions", ["users:read"], ["users:read", "users:delete"], false],
  ["no permission", [], [], false],
  ["another permission", ["users:read"], ["users:delete"], true],
])("a role with %s outranks the other one only if the other one lacks a permission", ([, role, other, expected]) => {
  const withPermissions = (of: readonly Permission[]) => ({ permissions: new Set(of) });
  expect(outranks(withPermissions(role), withPermissions(other))).toBe(expected);
});
