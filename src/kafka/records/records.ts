import type { Origin } from "../../domain/decide.ts";
import type { State } from "../../domain/state.ts";
import type { UserEvent } from "../../domain/user-events.ts";

/** One event with what its headers need. */
export interface EventRecord {
  readonly event: UserEvent;
  readonly origin: Origin;
  /** 1, 2, 3 … for each user. */
  readonly sequence: number;
  /** `svix-id` of the message that caused the event, if there was one. */
  readonly svixId: string | undefined;
  readonly traceparent: string | undefined;
}

/** One user's state in the state topic. */
export interface StateRecord {
  readonly userId: string;
  readonly state: State;
}

/** A state that moves to another shard. */
export interface MovedState extends StateRecord {
  readonly to: number;
}
