/** Prefix of every name that the system under test uses. Its servers are private, so the name need not be unique. */
export const systemName = "chaos";
export const shards = 4;
