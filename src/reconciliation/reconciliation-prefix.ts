/** All that the reconciliation keeps in Redis is under one hash tag, in one slot of a cluster. */
export const reconciliationPrefix = (redisPrefix: string): string => `{${redisPrefix}:reconciliation}`;
