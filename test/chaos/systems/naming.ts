/** Names everything that the system under test has; its servers are its own, so there is nobody to tell apart from. */
export const systemName = "chaos";
export const shards = 4;
