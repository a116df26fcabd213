import { parseJson } from "../shared/parse-json.ts";

const emailPattern = /[^\s@"'<>,;:]+@[^\s@"'<>,;:]+/g;

/** Fields of Clerk's users and of the events that name a person. Email addresses are found by their form, wherever they are. */
const personalFields = new Set([
  "first_name",
  "last_name",
  "given_name",
  "family_name",
  "name",
  "label",
  "identifier",
  "birthday",
  "avatar_url",
  "picture",
  "ip_address",
  "city",
  "username",
  "phone_number",
  "image_url",
  "profile_image_url",
  "firstName",
  "lastName",
  "phoneNumbers",
  "imageUrl",
  "public_metadata",
  "unsafe_metadata",
  "publicMetadata",
]);

const maskText = (text: string): string => (text === "" ? "" : `${Array.from(text)[0] ?? ""}…`);

/** Hides what names a person and keeps what helps to find a fault: `ada@example.com` becomes `a…@example.com`. */
const maskEmails = (text: string): string =>
  text.replaceAll(emailPattern, (email) => {
    const at = email.lastIndexOf("@");
    return `${maskText(email.slice(0, at))}${email.slice(at)}`;
  });

/** A copy of a JSON value in which names, user names, phone numbers, pictures, metadata and the local parts of email addresses are hidden. */
export function maskPersonalData(value: unknown, isPersonal = false): unknown {
  if (typeof value === "string") return isPersonal ? maskText(value) : maskEmails(value);
  if (Array.isArray(value)) return value.map((item) => maskPersonalData(item, isPersonal));
  if (typeof value !== "object" || value === null) return isPersonal && value !== null ? "…" : value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, maskPersonalData(item, isPersonal || personalFields.has(name))]),
  );
}

/** The same for a text that may be JSON. Of any other text, which can hold anything, only its length is shown. */
export function maskBody(body: string): unknown {
  const value = parseJson(body);
  return value === undefined ? `a body of ${body.length} characters that is not JSON` : maskPersonalData(value);
}
