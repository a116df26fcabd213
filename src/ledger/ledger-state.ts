import { z } from "zod";
import type { State } from "../domain/state.ts";
import { userSchema } from "../domain/user.ts";

const int = z.number().int().nonnegative();
const stateSchema = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("present"),
    user: userSchema,
    createdAt: int,
    version: int,
    readAt: int,
    sequence: int,
  }),
  z.object({ status: z.literal("deleted"), sequence: int }),
]);

export const encodeLedgerState = (state: State): string => JSON.stringify(state);

/** Decodes `<offset>|<state JSON>`. Returns undefined for any other text, which the bridge did not write. */
export function decodeLedgerState(value: string): State | undefined {
  const encoded = /^\d+\|(.*)$/s.exec(value)?.[1];
  if (encoded === undefined) return undefined;
  try {
    return stateSchema.safeParse(JSON.parse(encoded)).data;
  } catch {
    return undefined;
  }
}
