import { type Change, userIdOf } from "./change.ts";
import { decide, type Decision, type DecisionPolicy } from "./decide.ts";
import type { Message } from "./message.ts";
import { compareSnapshots, type State } from "./state.ts";

/** A change together with the message that carried it. */
export interface Candidate {
  readonly change: Change;
  readonly message: Message;
}

export interface Decided extends Candidate {
  readonly decision: Decision;
}

/**
 * Decides the changes of a batch. The changes of each user are decided in order of version, deletions last, each on the
 * state that the previous one leaves. Returns the decisions in that order. Pure.
 */
export function decideBatch(
  states: ReadonlyMap<string, State>,
  candidates: readonly Candidate[],
  policy: DecisionPolicy,
): Decided[] {
  const written = new Map<string, State>();
  return candidates.toSorted(byVersion).map(({ change, message }) => {
    const userId = userIdOf(change);
    const decision = decide(written.get(userId) ?? states.get(userId), change, policy);
    if ("next" in decision) written.set(userId, decision.next);
    return { change, message, decision };
  });
}

function byVersion({ change: a }: Candidate, { change: b }: Candidate): number {
  if (a.kind === "snapshot" && b.kind === "snapshot") return compareSnapshots(a, b);
  return Number(a.kind === "deletion") - Number(b.kind === "deletion");
}
