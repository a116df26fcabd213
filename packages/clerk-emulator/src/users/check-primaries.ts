import type { ApiErrorItem } from "../errors/clerk-api-error.ts";
import { resourceMissing, verificationNeeded } from "../errors/form-errors.ts";
import type { ClerkUser } from "../resources/user.ts";

type Param = "primary_email_address_id" | "primary_phone_number_id" | "primary_web3_wallet_id";
type Choice = Partial<Record<Param, string | null | undefined>>;

/** Whether each chosen primary identification is one of the user's own and verified. */
export function checkPrimaries(user: ClerkUser, choice: Choice): ApiErrorItem[] {
  return [
    ...checkPrimary("primary_email_address_id", choice, user.email_addresses),
    ...checkPrimary("primary_phone_number_id", choice, user.phone_numbers),
    ...checkPrimary("primary_web3_wallet_id", choice, user.web3_wallets),
  ];
}

function checkPrimary(
  param: Param,
  choice: Choice,
  own: readonly { readonly id: string; readonly verification: unknown }[],
): ApiErrorItem[] {
  const id = choice[param];
  if (!id) return [];
  const chosen = own.find((identification) => identification.id === id);
  if (chosen === undefined) return [resourceMissing(param)];
  return chosen.verification === null ? [verificationNeeded(param)] : [];
}
