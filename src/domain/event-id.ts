import type { UserEventType } from "@clerk-kafka-bridge/events";
import { parse, v5 as uuidv5 } from "uuid";

/** Namespace of the event ids. A new namespace would give every change a new id. */
const namespace = parse("b6a3c7a0-5d0e-5f4e-9a55-0d3b8f1f7c11");

/** The id of an event. It depends on the change alone, so it is the same from every source and after every crash. */
export const eventIdOf = (userId: string, eventType: UserEventType, ...change: (string | number)[]): string =>
  uuidv5(JSON.stringify([userId, eventType, ...change]), namespace);
