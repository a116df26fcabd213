export { createMemoryStore, type MemoryStore } from "./memory-store.ts";
export {
  createPostgresStore,
  poolDatabase,
  type PostgresStore,
  type PostgresTransaction,
  type SqlDatabase,
  type SqlPool,
  type SqlQuery,
} from "./postgres-store.ts";
export {
  type FollowOptions,
  type PartitionPosition,
  type RecordSource,
  type RunningProjection,
  startUserProjection,
  type StartUserProjectionOptions,
} from "./start-user-projection.ts";
export {
  type ApplyOutcome,
  ContradictionError,
  createUserProjection,
  type InvalidRecord,
  InvalidRecordError,
  type PlacedRecord,
  type ReadStates,
  type UserProjection,
  type UserProjectionOptions,
} from "./user-projection.ts";
export {
  ConcurrentWriteError,
  type ProjectedUser,
  type StoredUser,
  type UserStore,
  type UserTransaction,
} from "./user-store.ts";
