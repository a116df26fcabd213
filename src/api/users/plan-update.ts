import { userFromJson } from "../../clerk/payloads/user-json.ts";
import type { AccountJson } from "./account-details.ts";
import type { UpdateUserInput } from "./user-schemas.ts";

/** The calls of Clerk that an update takes. */
export interface UpdatePlan {
  readonly userId: string;
  /** The fields for Clerk's `updateUser`. Empty: no such call. */
  readonly fields: Readonly<Partial<Record<"firstName" | "lastName" | "username" | "password", string>>>;
  readonly emails: readonly EmailChange[];
}

export type EmailChange =
  /** Adds a new, verified address, as the primary one if `primary`. */
  | { readonly step: "add_email"; readonly address: string; readonly primary: boolean }
  /** Makes an existing address the primary one. Clerk requires a verified address, so `verify` verifies it first. */
  | { readonly step: "primary_email"; readonly address: string; readonly id: string; readonly verify: boolean }
  | { readonly step: "remove_email"; readonly address: string; readonly id: string };

/** Plans only what differs, so that a repeated update costs one read. Passwords cannot be compared. */
export function planUpdate(before: AccountJson, input: UpdateUserInput): UpdatePlan {
  const { emailAddress, ...fields } = input;
  const current = userFromJson(before);
  const same = (name: string, value: string | undefined) =>
    value === undefined ||
    (name === "firstName" && value === current.firstName) ||
    (name === "lastName" && value === current.lastName) ||
    (name === "username" && value.toLowerCase() === current.username.toLowerCase());
  return {
    userId: before.id,
    fields: Object.fromEntries(Object.entries(fields).filter(([name, value]) => !same(name, value))),
    emails: emailAddress === undefined ? [] : planEmailChanges(before, emailAddress),
  };
}

/**
 * Plans the changes that turn a user's addresses into the wanted ones (in lowercase, the first one primary). The order is:
 * add new addresses, the new primary one last; make an existing address primary; remove old addresses. Whichever step
 * fails, the user keeps an address to sign in with, and planning again yields the remaining steps. An address without an id,
 * which Clerk's schema allows, cannot be changed and stays.
 */
export function planEmailChanges(
  user: Pick<AccountJson, "email_addresses" | "primary_email_address_id">,
  wanted: readonly string[],
): EmailChange[] {
  const current = user.email_addresses.flatMap(({ id, email_address, verification }) =>
    id === undefined ? [] : { id, address: email_address.toLowerCase(), verify: verification?.status !== "verified" },
  );
  const [first] = wanted;
  const isCurrent = (address: string) =>
    user.email_addresses.some((held) => held.email_address.toLowerCase() === address);
  const added = wanted.filter((address) => !isCurrent(address));
  const primary = current.find(({ address }) => address === first);
  return [
    ...added
      .toSorted((a, b) => Number(a === first) - Number(b === first))
      .map((address): EmailChange => ({ step: "add_email", address, primary: address === first })),
    ...(primary !== undefined && primary.id !== user.primary_email_address_id
      ? [{ step: "primary_email" as const, ...primary }]
      : []),
    ...current
      .filter(({ address }) => !wanted.includes(address))
      .map(({ id, address }): EmailChange => ({ step: "remove_email", id, address })),
  ];
}

/** Whether the update changes what the user signs in with. */
export const changesCredentials = ({ fields, emails }: UpdatePlan): boolean =>
  fields.password !== undefined || emails.length > 0;

/** Whether the change marks an address as verified that the user has not verified. */
export const addsUnverifiedEmail = (change: EmailChange): boolean =>
  change.step === "add_email" || (change.step === "primary_email" && change.verify);
