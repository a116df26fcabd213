import type { ClerkUser } from "./user.ts";

type SessionStatus = "active" | "revoked" | "ended" | "expired" | "removed" | "abandoned" | "replaced";

/** A session as the Backend API returns it. All times are in Unix milliseconds. */
export interface Session {
  readonly object: "session";
  readonly id: string;
  readonly user_id: string;
  readonly client_id: string;
  readonly actor: null;
  readonly status: SessionStatus;
  readonly last_active_organization_id: string | null;
  readonly last_active_at: number;
  readonly latest_activity: {
    readonly object: "session_activity";
    readonly id: string;
    readonly is_mobile: boolean;
    readonly device_type: string;
    readonly browser_name: string;
  };
  readonly expire_at: number;
  readonly abandon_at: number;
  readonly created_at: number;
  readonly updated_at: number;
}

/** A session as webhooks contain it, together with its whole user. */
export interface SessionWithUser extends Session {
  readonly user: ClerkUser | null;
}

/** A one-time link with which a user signs in without credentials. All times are in Unix milliseconds. */
export interface SignInToken {
  readonly object: "sign_in_token";
  readonly id: string;
  readonly status: "pending" | "accepted" | "revoked";
  readonly user_id: string;
  readonly token: string;
  readonly url: string | null;
  readonly created_at: number;
  readonly updated_at: number;
}
