import { ClerkApiError } from "../errors/clerk-api-error.ts";
import { paramValueInvalid } from "../errors/form-errors.ts";
import { type QueryValues, readSigned } from "../instance/parse-params.ts";
import type { ClerkUser } from "../resources/user.ts";

export interface UserOrder {
  readonly field: OrderField;
  readonly direction: "ascending" | "descending";
}

type OrderField = keyof typeof keyOf;

const keyOf = {
  created_at: (user: ClerkUser) => user.created_at,
  updated_at: (user: ClerkUser) => user.updated_at,
  last_active_at: (user: ClerkUser) => user.last_active_at,
  last_sign_in_at: (user: ClerkUser) => user.last_sign_in_at,
  first_name: (user: ClerkUser) => user.first_name,
  last_name: (user: ClerkUser) => user.last_name,
  username: (user: ClerkUser) => user.username,
  email_address: (user: ClerkUser) =>
    user.email_addresses.find(({ id }) => id === user.primary_email_address_id)?.email_address ?? null,
  phone_number: (user: ClerkUser) =>
    user.phone_numbers.find(({ id }) => id === user.primary_phone_number_id)?.phone_number ?? null,
  web3wallet: (user: ClerkUser) =>
    user.web3_wallets.find(({ id }) => id === user.primary_web3_wallet_id)?.web3_wallet ?? null,
};

/** Reads `order_by`: only the first counts, and without a sign it is ascending. Throws 422 for an unknown field. */
export function readUserOrder(query: QueryValues): UserOrder {
  const text = query["order_by"]?.[0] ?? "-created_at";
  const { sign, value } = readSigned(text);
  if (!isOrderField(value)) throw new ClerkApiError(422, [paramValueInvalid("order_by", text)]);
  return { field: value, direction: sign === "-" ? "descending" : "ascending" };
}

/** Compares by one field, with users without a value last in both directions, and then by id. */
export function compareUsers({ field, direction }: UserOrder): (left: ClerkUser, right: ClerkUser) => number {
  const read = keyOf[field];
  const turn = direction === "ascending" ? 1 : -1;
  return (left, right) => {
    const a = read(left);
    const b = read(right);
    if (a === b) return left.id < right.id ? -turn : turn;
    if (a === null) return 1;
    if (b === null) return -1;
    return a < b ? -turn : turn;
  };
}

function isOrderField(text: string): text is OrderField {
  return Object.hasOwn(keyOf, text);
}
