import type { ApiUser } from "../users/api-user.ts";

export interface UserPage {
  readonly users: readonly ApiUser[];
  readonly totalCount: number;
}

/**
 * Users and list pages, kept in Redis for a while. While Redis is away everything is loaded; a stampede on one key makes
 * one load. `invalidate` is seen at once by every process.
 */
export interface UserCache {
  /** `load` answers undefined for a user that does not exist; that is not kept. */
  user(id: string, load: () => Promise<ApiUser | undefined>): Promise<ApiUser | undefined>;
  page(key: string, load: () => Promise<UserPage>): Promise<UserPage>;
  invalidate(userIds: readonly string[]): Promise<void>;
}
