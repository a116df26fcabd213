import { type Change, userIdOf } from "./change.ts";
import { decide, type Decision, type DecisionPolicy } from "./decide.ts";
import { compareSnapshots, type State } from "./state.ts";

/** A change with whatever its owner wants back beside its decision (the message it came in, say). */
export interface Candidate<Tag> {
  readonly change: Change;
  readonly tag: Tag;
}

export interface Decided<Tag> {
  readonly candidate: Candidate<Tag>;
  readonly decision: Decision;
}

/**
 * Decides many changes at once, each user's in order of version and deletions last, each on the state that the one
 * before it left. Returns the decisions in that order, and the states that moved: a user's last one only.
 */
export function decideBatch<Tag>(
  states: ReadonlyMap<string, State>,
  candidates: readonly Candidate<Tag>[],
  policy: DecisionPolicy,
): { readonly decided: Decided<Tag>[]; readonly moved: Map<string, State> } {
  const moved = new Map<string, State>();
  const decided = candidates.toSorted(byVersion).map((candidate) => {
    const userId = userIdOf(candidate.change);
    const decision = decide(moved.get(userId) ?? states.get(userId), candidate.change, policy);
    if ("next" in decision) moved.set(userId, decision.next);
    return { candidate, decision };
  });
  return { decided, moved };
}

function byVersion({ change: a }: Candidate<unknown>, { change: b }: Candidate<unknown>): number {
  if (a.kind === "snapshot" && b.kind === "snapshot") return compareSnapshots(a, b);
  return Number(a.kind === "deletion") - Number(b.kind === "deletion");
}
