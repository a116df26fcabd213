import { z } from "zod";
import { wrapMethod } from "./wrap-method.ts";

const requestSchema = z.object({ groupId: z.string() });

/** The last answer of a broker that named no coordinator, by group or transactional id. */
const lastErrors = new Map<string, unknown>();

/** Remembers why a broker names no coordinator. kafkajs drops that answer. */
const rememberErrors = (): void =>
  wrapMethod(
    "broker",
    "findGroupCoordinator",
    (find) =>
      async function (request) {
        const { groupId } = requestSchema.parse(request);
        try {
          const found = await find.call(this, request);
          lastErrors.delete(groupId);
          return found;
        } catch (error) {
          lastErrors.set(groupId, error);
          throw error;
        }
      },
  );

/** Runs kafkajs's search for a coordinator. Its "not found" gets the broker's answer as its cause. */
export async function keepCoordinatorError<T>(groupId: string, lookUp: () => Promise<T>): Promise<T> {
  rememberErrors();
  try {
    return await lookUp();
  } catch (error) {
    if (error instanceof Error && error.name === "KafkaJSGroupCoordinatorNotFound" && lastErrors.has(groupId)) {
      error.cause = lastErrors.get(groupId);
    }
    throw error;
  }
}
