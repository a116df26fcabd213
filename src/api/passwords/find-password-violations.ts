import type { CharacterClass, PasswordOwner, PasswordPolicy, PasswordViolation } from "./password-policy.ts";

/** Shorter ones would forbid half the alphabet to somebody called Al. */
const shortestOwnWord = 3;

const characterOf: Readonly<Record<CharacterClass, RegExp>> = {
  lower: /\p{Ll}/u,
  upper: /\p{Lu}/u,
  digit: /\p{Nd}/u,
  symbol: /[^\p{L}\p{M}\p{N}]/u,
};

/** Everything about a password that the policy forbids, in the order of the policy's rules; empty when it is fine. */
export function findPasswordViolations(
  policy: PasswordPolicy,
  password: string,
  owner: PasswordOwner = {},
): PasswordViolation[] {
  const { minLength, maxLength } = policy;
  const { length } = Array.from(password);
  const violations: PasswordViolation[] = [];
  if (length < minLength) violations.push({ rule: "too_short", minLength });
  if (length > maxLength) violations.push({ rule: "too_long", maxLength });
  for (const characterClass of policy.classes) {
    if (!characterOf[characterClass].test(password)) violations.push({ rule: "class_missing", characterClass });
  }
  if (containsAny(password, policy.forbiddenWords)) violations.push({ rule: "forbidden_word" });
  if (policy.forbidOwnWords && containsAny(password, ownWords(owner))) violations.push({ rule: "own_word" });
  return violations;
}

function containsAny(password: string, words: readonly string[]): boolean {
  const folded = fold(password);
  return words.some((word) => folded.includes(fold(word)));
}

/** One form for what people take for the same word: `ＡＤＡ`, `Ada`, `ada`. */
const fold = (text: string) => text.normalize("NFKC").toLowerCase();

function ownWords({ firstName = "", lastName = "", username = "", emailAddress = [] }: PasswordOwner): string[] {
  const mailboxes = emailAddress.map((address) => address.split("@")[0] ?? "");
  return [firstName, lastName, username, ...mailboxes].filter(({ length }) => length >= shortestOwnWord);
}
