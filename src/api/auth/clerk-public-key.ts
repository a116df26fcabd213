import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";

/**
 * A key in the one form that Clerk's SDK reads: PEM (SPKI), RSA with 2048 bits and the exponent 65537. Throws what
 * `createPublicKey` throws, and an Error for a key of another kind.
 */
export function readClerkPublicKey(key: string | JsonWebKey): string {
  if (typeof key === "string" && key.includes("PRIVATE KEY")) throw new Error("is a private key");
  const publicKey = createPublicKey(typeof key === "string" ? key : { key, format: "jwk" });
  if (!isClerkKind(publicKey)) throw new Error("is not an RSA key of 2048 bits");
  return publicKey.export({ type: "spki", format: "pem" }).toString();
}

function isClerkKind({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  return (
    asymmetricKeyType === "rsa" &&
    asymmetricKeyDetails?.modulusLength === 2_048 &&
    asymmetricKeyDetails.publicExponent === 65_537n
  );
}
