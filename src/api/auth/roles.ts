import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { defaultRole } from "../../domain/user.ts";
import { ConfigError } from "../../shared/errors.ts";
import { type Permission, permissions } from "../http/caller.ts";

const roleSchema = z.strictObject({
  inherits: z.array(z.string()).default([]),
  permissions: z.array(z.enum(permissions, { error: ({ input }) => `unknown permission ${JSON.stringify(input)}` })),
});
const fileSchema = z.strictObject({ roles: z.record(z.string().regex(/^[\w-]{1,64}$/, "not a name"), roleSchema) });
type RoleDefinitions = ReadonlyMap<string, z.infer<typeof roleSchema>>;

interface Role {
  readonly role: string;
  readonly permissions: ReadonlySet<Permission>;
}
/** The role named by a token's claim; {@link defaultRole} for a claim that names no role. */
export type FindRole = (claim: unknown) => Role;

/** The roles of the roles file. */
export interface Roles {
  readonly find: FindRole;
  /** The names of the roles that have a permission, their own or an inherited one. */
  granting(permission: Permission): readonly string[];
}

/** Whether a role has a permission that the other one lacks. */
export const outranks = (role: Pick<Role, "permissions">, other: Pick<Role, "permissions">): boolean =>
  ![...role.permissions].every((permission) => other.permissions.has(permission));

const defaultFile = fileURLToPath(new URL("../../../roles.json", import.meta.url));

/** Reads the roles file; default is roles.json beside package.json. Throws a {@link ConfigError} that names the mistake. */
export function readRoles(file: string = defaultFile): Roles {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new ConfigError(`ROLES_FILE: ${file} cannot be read: ${String(error)}`);
  }
  try {
    return defineRoles(content);
  } catch (error) {
    throw error instanceof RolesError ? new ConfigError(`ROLES_FILE: ${file}: ${error.message}`) : error;
  }
}

class RolesError extends Error {
  override readonly name = "RolesError";
}

function defineRoles(content: unknown): Roles {
  const parsed = fileSchema.safeParse(content);
  if (!parsed.success) {
    throw new RolesError(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
  }
  const definitions: RoleDefinitions = new Map(Object.entries(parsed.data.roles));
  const roles = new Map(
    [...definitions.keys()].map((role): [string, Role] => [
      role,
      { role, permissions: new Set(permissionsOf(definitions, role, [])) },
    ]),
  );
  const fallback = roles.get(defaultRole);
  if (fallback === undefined) throw new RolesError(`there must be a role ${JSON.stringify(defaultRole)}`);
  return {
    find: (claim) => (typeof claim === "string" ? roles.get(claim) : undefined) ?? fallback,
    granting: (permission) =>
      [...roles.values()].filter(({ permissions: granted }) => granted.has(permission)).map(({ role }) => role),
  };
}

/** The role's own permissions and all inherited ones. `descendants` are the roles on the path to this one. */
function permissionsOf(definitions: RoleDefinitions, role: string, descendants: readonly string[]): Permission[] {
  const path = [...descendants, role];
  if (descendants.includes(role)) throw new RolesError(`roles inherit in a cycle: ${path.join(" → ")}`);
  const definition = definitions.get(role);
  if (definition === undefined)
    throw new RolesError(`${descendants.at(-1)} inherits from ${role}, which does not exist`);
  return [
    ...definition.permissions,
    ...definition.inherits.flatMap((inherited) => permissionsOf(definitions, inherited, path)),
  ];
}
