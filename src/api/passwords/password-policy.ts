/** What a character can be. Everything that is neither a letter nor a digit is a symbol, a blank too. */
export const characterClasses = ["lower", "upper", "digit", "symbol"] as const;
export type CharacterClass = (typeof characterClasses)[number];

/** What a password must be to be accepted. Clerk has rules of its own (no leaked passwords, 72 bytes) and checks them after this. */
export interface PasswordPolicy {
  /** In code points, as JSON Schema counts. */
  readonly minLength: number;
  readonly maxLength: number;
  /** Of each of these at least one character. */
  readonly classes: readonly CharacterClass[];
  /** None of these may be in it, whatever the case. */
  readonly forbiddenWords: readonly string[];
  /** Its owner's names, username and e-mail addresses are forbidden too. */
  readonly forbidOwnWords: boolean;
}

/** What is known of who the password is for. */
export interface PasswordOwner {
  readonly firstName?: string | undefined;
  readonly lastName?: string | undefined;
  readonly username?: string | undefined;
  readonly emailAddress?: readonly string[] | undefined;
}

export type PasswordViolation =
  | { readonly rule: "too_short"; readonly minLength: number }
  | { readonly rule: "too_long"; readonly maxLength: number }
  | { readonly rule: "class_missing"; readonly characterClass: CharacterClass }
  | { readonly rule: "forbidden_word" }
  | { readonly rule: "own_word" };
