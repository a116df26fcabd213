import type { ApiApp } from "../http/api-env.ts";
import type { AccountDeps } from "./account-deps.ts";
import { addChangeAccountStatus } from "./change-account-status.ts";
import { addCreateRecoveryLink } from "./create-recovery-link.ts";
import { addGetDetails } from "./get-details.ts";
import { addListSessions } from "./list-sessions.ts";
import { addResetMfa } from "./reset-mfa.ts";
import { addRevokeSession } from "./revoke-session.ts";
import { addRevokeSessions } from "./revoke-sessions.ts";
import { addVerifyPassword } from "./verify-password.ts";

/** What is about a user's account rather than the user: details, sessions, standing, credentials. */
export function addAccountRoutes(api: ApiApp, deps: AccountDeps): void {
  addGetDetails(api, deps);
  addListSessions(api, deps);
  addRevokeSession(api, deps);
  addRevokeSessions(api, deps);
  addChangeAccountStatus(api, deps);
  addResetMfa(api, deps);
  addCreateRecoveryLink(api, deps);
  addVerifyPassword(api, deps);
}
