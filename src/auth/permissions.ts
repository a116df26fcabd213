/** What a role may do. Routes declare the one they need; roles.json at the root says which role has which. */
export const permissions = [
  "users:read",
  "users:write",
  "users:delete",
  "users:roles",
  "accounts:read",
  "accounts:manage",
  "accounts:recover",
  "accounts:verify",
  "audit:read",
  "analytics:read",
] as const;
export type Permission = (typeof permissions)[number];
