import { type ApiErrorItem, rejectForm } from "../errors/clerk-api-error.ts";
import { dateInvalid, paramMissingWith, paramValueInvalid, tooManyItems } from "../errors/form-errors.ts";
import { normaliseEmail } from "../identifications/make-identifications.ts";
import { type QueryValues, readSigned, readWhole } from "../instance/parse-params.ts";
import type { ClerkUser } from "../resources/user.ts";

type Test = (user: ClerkUser) => boolean;

const MAX_VALUES = 100;

const identifiersOf = {
  email_address: (user: ClerkUser) => user.email_addresses.map((email) => email.email_address),
  phone_number: (user: ClerkUser) => user.phone_numbers.map((phone) => phone.phone_number),
  username: (user: ClerkUser) => (user.username === null ? [] : [user.username]),
  web3_wallet: (user: ClerkUser) => user.web3_wallets.map((wallet) => wallet.web3_wallet),
};

const signedIdsOf = {
  user_id: (user: ClerkUser) => [user.id],
  external_id: (user: ClerkUser) => (user.external_id === null ? [] : [user.external_id]),
  // Organizations are not emulated: no user is a member of one.
  organization_id: (): string[] => [],
};

const textsOf = {
  email_address_query: identifiersOf.email_address,
  phone_number_query: identifiersOf.phone_number,
  username_query: identifiersOf.username,
  name_query: (user: ClerkUser) => [`${user.first_name ?? ""} ${user.last_name ?? ""}`],
  query: (user: ClerkUser) => [
    user.id,
    ...Object.values(identifiersOf).flatMap((identifiers) => identifiers(user)),
    `${user.first_name ?? ""} ${user.last_name ?? ""}`,
  ],
};

const timesOf = {
  created_at: (user: ClerkUser) => user.created_at,
  last_active_at: (user: ClerkUser) => user.last_active_at,
  last_sign_in_at: (user: ClerkUser) => user.last_sign_in_at,
};

/** The filter of lists and counts: a user must match one value of every parameter. Throws 422. */
export function readUserFilter(query: QueryValues): Test {
  rejectForm(checkFilter(query));
  const tests = [
    ...Object.entries(identifiersOf).flatMap(([param, of]) => matchIdentifiers(query[param], of)),
    ...Object.entries(signedIdsOf).flatMap(([param, of]) => matchSignedIds(query[param], of)),
    ...Object.entries(textsOf).flatMap(([param, of]) => matchText(query[param]?.[0], of)),
    ...Object.entries(timesOf).flatMap(([param, of]) => matchTimes(query, param, of)),
    ...matchBanned(query["banned"]?.[0]),
    ...matchProvider(query["provider"]?.[0], query["provider_user_id"]),
  ];
  return (user) => tests.every((test) => test(user));
}

function checkFilter(query: QueryValues): ApiErrorItem[] {
  const lists = [...Object.keys(identifiersOf), ...Object.keys(signedIdsOf), "provider_user_id"];
  const times = Object.keys(timesOf).flatMap((name) => [`${name}_before`, `${name}_after`, `${name}_since`]);
  const banned = query["banned"]?.[0];
  return [
    ...lists
      .filter((param) => (query[param]?.length ?? 0) > MAX_VALUES)
      .map((param) => tooManyItems(param, MAX_VALUES)),
    ...times.filter((param) => query[param]?.some((text) => readWhole(text) === undefined)).map(dateInvalid),
    ...(banned === undefined || ["true", "false"].includes(banned) ? [] : [paramValueInvalid("banned", banned)]),
    ...(query["provider"] && !query["provider_user_id"] ? [paramMissingWith("provider_user_id", "provider")] : []),
    ...(query["provider_user_id"] && !query["provider"] ? [paramMissingWith("provider", "provider_user_id")] : []),
  ];
}

function matchIdentifiers(wanted: readonly string[] | undefined, of: (user: ClerkUser) => string[]): Test[] {
  if (wanted === undefined) return [];
  const values = new Set(wanted.map(normaliseEmail));
  return [(user) => of(user).some((value) => values.has(value.toLowerCase()))];
}

function matchSignedIds(wanted: readonly string[] | undefined, of: (user: ClerkUser) => string[]): Test[] {
  if (wanted === undefined) return [];
  const signed = wanted.map(readSigned);
  const included = new Set(signed.filter(({ sign }) => sign === "+").map(({ value }) => value));
  const excluded = new Set(signed.filter(({ sign }) => sign === "-").map(({ value }) => value));
  return [
    (user) => included.size === 0 || of(user).some((id) => included.has(id)),
    (user) => !of(user).some((id) => excluded.has(id)),
  ];
}

function matchText(wanted: string | undefined, of: (user: ClerkUser) => string[]): Test[] {
  if (wanted === undefined || wanted === "") return [];
  const part = wanted.toLowerCase();
  return [(user) => of(user).some((text) => text.toLowerCase().includes(part))];
}

function matchTimes(query: QueryValues, param: string, of: (user: ClerkUser) => number | null): Test[] {
  const read = (name: string): number | undefined => readWhole(query[name]?.[0]);
  const before = read(`${param}_before`);
  const after = read(`${param}_after`);
  const since = read(`${param}_since`);
  return [
    ...(before === undefined ? [] : [(user: ClerkUser) => (of(user) ?? Number.POSITIVE_INFINITY) < before]),
    ...(after === undefined ? [] : [(user: ClerkUser) => (of(user) ?? Number.NEGATIVE_INFINITY) > after]),
    ...(since === undefined ? [] : [(user: ClerkUser) => (of(user) ?? Number.NEGATIVE_INFINITY) >= since]),
  ];
}

function matchBanned(wanted: string | undefined): Test[] {
  return wanted === undefined ? [] : [(user) => user.banned === (wanted === "true")];
}

function matchProvider(provider: string | undefined, providerUserIds: readonly string[] | undefined): Test[] {
  if (provider === undefined || providerUserIds === undefined) return [];
  const ids = new Set(providerUserIds);
  return [
    (user) =>
      user.external_accounts.some((account) => account.provider === provider && ids.has(account.provider_user_id)),
  ];
}
