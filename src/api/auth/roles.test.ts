import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { permissions } from "../http/caller.ts";
import { readRoles } from "./roles.ts";
import { ConfigError } from "../../shared/errors.ts";

const fileOf = (text: string): string => {
  const folder = mkdtempSync(join(tmpdir(), "roles-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "roles.json");
  writeFileSync(file, text);
  return file;
};
const rolesOf = (roles: unknown) => readRoles(fileOf(JSON.stringify({ roles })));

describe("roles out of the box", () => {
  it("are admin, who may do everything, and user, who may do nothing to others", () => {
    const findRole = readRoles();
    expect(findRole("admin")).toEqual({ role: "admin", permissions: new Set(permissions) });
    expect(findRole("user")).toEqual({ role: "user", permissions: new Set() });
  });

  it.each([undefined, null, 7, "", "root", "Admin", ["admin"], { role: "admin" }, "__proto__", "constructor"])(
    "take %j for user",
    (claim) => expect(readRoles()(claim)).toEqual({ role: "user", permissions: new Set() }),
  );
});

describe("a file of roles", () => {
  it("lets a role inherit from several, through several", () => {
    const findRole = rolesOf({
      user: { permissions: [] },
      reader: { inherits: ["user"], permissions: ["users:read"] },
      auditor: { permissions: ["audit:read"] },
      lead: { inherits: ["reader", "auditor"], permissions: ["users:write"] },
      boss: { inherits: ["lead"], permissions: [] },
    });
    expect(findRole("boss").permissions).toEqual(new Set(["users:read", "audit:read", "users:write"]));
    expect(findRole("reader").permissions).toEqual(new Set(["users:read"]));
  });

  it.each<[what: string, roles: unknown, message: RegExp]>([
    [
      "a circle",
      { user: { permissions: [] }, a: { inherits: ["b"], permissions: [] }, b: { inherits: ["a"], permissions: [] } },
      /circle: a → b → a/,
    ],
    ["a role that inherits from itself", { user: { inherits: ["user"], permissions: [] } }, /circle: user → user/],
    [
      "an unknown permission",
      { user: { permissions: ["users:reed"] } },
      /roles\.user\.permissions\.0: unknown permission "users:reed"/,
    ],
    [
      "a parent that is not there",
      { user: { inherits: ["ghost"], permissions: [] } },
      /user inherits from ghost, which is not there/,
    ],
    ["no role user", { admin: { permissions: [] } }, /there must be a role "user"/],
    ["a misspelt field", { user: { permissions: [], inherit: ["admin"] } }, /roles\.user: .*inherit/],
    ["a role without a name", { user: { permissions: [] }, "": { permissions: [] } }, /roles\./],
  ])("is refused for %s", (_, roles, message) => {
    expect(() => rolesOf(roles)).toThrow(ConfigError);
    expect(() => rolesOf(roles)).toThrow(message);
  });

  it("is refused when it is no JSON, or not there", () => {
    expect(() => readRoles(fileOf("{"))).toThrow(/ROLES_FILE: .* cannot be read/);
    expect(() => readRoles("/nowhere/roles.json")).toThrow(/ROLES_FILE: \/nowhere\/roles.json cannot be read/);
  });
});
