import { createHmac } from "node:crypto";

const STEP_MS = 30_000;

/** The six digits that an authenticator shows at a time (Unix milliseconds): RFC 6238 with SHA-1, steps of 30 s. */
export function computeTotp(base32Secret: string, atMs: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(atMs / STEP_MS)));
  const digest = createHmac("sha1", decodeBase32(base32Secret)).update(counter).digest();
  const offset = digest.readUInt8(digest.length - 1) & 0x0f;
  const code = (digest.readUInt32BE(offset) & 0x7fff_ffff) % 1_000_000;
  return String(code).padStart(6, "0");
}

/** Codes of the step before and after are good too, as clocks differ. */
export function matchesTotp(base32Secret: string, code: string, nowMs: number): boolean {
  return [-STEP_MS, 0, STEP_MS].some((shift) => computeTotp(base32Secret, nowMs + shift) === code);
}

function decodeBase32(text: string): Buffer {
  const bits = Array.from(text.toUpperCase().replaceAll("=", ""))
    .map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  const bytes = bits.match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}
