import { parse, v5 as uuidv5 } from "uuid";
import type { UserEventType } from "./user-events.ts";

/** Namespace of this project's event ids; changing it would give every change a new id. */
const namespace = parse("b6a3c7a0-5d0e-5f4e-9a55-0d3b8f1f7c11");

/** The id of an event, made from the change alone, so that the same change has the same id by every road and after every crash. */
export const eventIdOf = (userId: string, eventType: UserEventType, ...change: (string | number)[]): string =>
  uuidv5(JSON.stringify([userId, eventType, ...change]), namespace);
