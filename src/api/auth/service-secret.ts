const leastBytes = 32;
const leastDifferentCharacters = 8;
const placeholders =
  /change[-_ ]?(me|this|it)|your[-_ ]?(\w+[-_ ]?)?(secret|key)|(super|my|top)[-_ ]?secret|placeholder|example|insert[-_ ]|^(secret|password|default|jwt[-_ ]?secret)/i;

/** Why a secret is too weak to sign tokens with; undefined when nothing is known against it. Says nothing of its value. */
export function findSecretWeakness(secret: string): string | undefined {
  if (Buffer.byteLength(secret) < leastBytes)
    return `must have at least ${leastBytes} bytes; make one: openssl rand -base64 48`;
  if (placeholders.test(secret)) return "is a placeholder; make a secret: openssl rand -base64 48";
  if (new Set(secret).size < leastDifferentCharacters) return "repeats itself; make one: openssl rand -base64 48";
  if (secret.includes("-----BEGIN"))
    return "is a key file, which others may know; make a secret: openssl rand -base64 48";
  return undefined;
}
