import type { ApiApp } from "../http/api-env.ts";
import type { ApiContext } from "../users/api-context.ts";
import { addChangeAccountStatus } from "./change-account-status.ts";
import { addCreateRecoveryLink } from "./create-recovery-link.ts";
import { addGetDetails } from "./get-details.ts";
import { addListSessions } from "./list-sessions.ts";
import { addResetMfa } from "./reset-mfa.ts";
import { addRevokeSession, addRevokeSessions } from "./revoke-sessions.ts";
import { addVerifyPassword } from "./verify-password.ts";

/** The routes of a user's account: details, sessions, status and credentials. */
export function addAccountRoutes(api: ApiApp, context: ApiContext): void {
  addGetDetails(api, context);
  addListSessions(api, context);
  addRevokeSession(api, context);
  addRevokeSessions(api, context);
  addChangeAccountStatus(api, context);
  addResetMfa(api, context);
  addCreateRecoveryLink(api, context);
  addVerifyPassword(api, context);
}
