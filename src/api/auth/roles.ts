import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { ConfigError } from "../../shared/errors.ts";
import { type Permission, permissions } from "../http/caller.ts";

/** The role of whoever has none, or one that the file does not know. */
const leastRole = "user";

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
/** The role that a token's claim stands for. Whatever is not the name of a role is `user`. */
export type FindRole = (claim: unknown) => Role;

const defaultFile = fileURLToPath(new URL("../../../roles.json", import.meta.url));

/** Reads the roles; default is roles.json beside package.json. Throws a {@link ConfigError} that says what is wrong. */
export function readRoles(file: string = defaultFile): FindRole {
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

function defineRoles(content: unknown): FindRole {
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
  const least = roles.get(leastRole);
  if (least === undefined) throw new RolesError(`there must be a role ${JSON.stringify(leastRole)}`);
  return (claim) => (typeof claim === "string" ? roles.get(claim) : undefined) ?? least;
}

/** Its own and those of all it inherits from. `heirs` are the roles on the way here. */
function permissionsOf(definitions: RoleDefinitions, role: string, heirs: readonly string[]): Permission[] {
  const way = [...heirs, role];
  if (heirs.includes(role)) throw new RolesError(`roles inherit in a circle: ${way.join(" → ")}`);
  const definition = definitions.get(role);
  if (definition === undefined) throw new RolesError(`${heirs.at(-1)} inherits from ${role}, which is not there`);
  return [
    ...definition.permissions,
    ...definition.inherits.flatMap((inherited) => permissionsOf(definitions, inherited, way)),
  ];
}
