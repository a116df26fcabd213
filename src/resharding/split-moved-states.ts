import type { State } from "../domain/state.ts";
import { lengthOf } from "../domain/user.ts";
import type { MovedState } from "../kafka/records/records.ts";

/** Half of what Kafka accepts for a partition in one request. A character can take 6 bytes; each record has headers. */
const maxTransactionBytes = 500_000;
const recordBytes = 800;
const characterBytes = 6;

const sizeOf = (state: State) =>
  2 * recordBytes + (state.status === "present" ? characterBytes * lengthOf(state.user) : 0);

/** Splits the states that leave one partition into transactions. Pure. */
export function splitMovedStates(
  states: ReadonlyMap<string, State>,
  shardOf: (userId: string) => number,
  maxStates: number,
): MovedState[][] {
  const pieces: MovedState[][] = [];
  let bytes = 0;
  for (const [userId, state] of states) {
    const piece = pieces.at(-1);
    bytes += sizeOf(state);
    const move = { userId, state, to: shardOf(userId) };
    if (piece !== undefined && piece.length < maxStates && bytes <= maxTransactionBytes) piece.push(move);
    else {
      pieces.push([move]);
      bytes = sizeOf(state);
    }
  }
  return pieces;
}
