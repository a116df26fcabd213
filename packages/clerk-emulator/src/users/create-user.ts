import { z } from "zod";
import { type ApiErrorItem, refuseForm } from "../errors/clerk-api-error.ts";
import { lengthMismatch, paramUnknown, userDataMissing } from "../errors/form-errors.ts";
import { checkEmailAddresses, checkPhoneNumbers, checkWeb3Wallets } from "../identifications/check-identifiers.ts";
import type { Instance, UserRequirements } from "../instance/instance.ts";
import { presentUser } from "../instance/stored-user.ts";
import type { ClerkUser } from "../resources/user.ts";
import { checkMetadataSizes } from "./check-metadata-sizes.ts";
import { checkUserFields } from "./check-user-fields.ts";
import { makeUser } from "./make-user.ts";
import { metadata, userFields } from "./user-fields.ts";

const statuses = z.array(z.enum(["verified", "reserved"])).optional();

export const createUserParams = z.strictObject({
  ...userFields,
  email_address: z.array(z.string()).optional(),
  email_address_identification_status: statuses,
  phone_number: z.array(z.string()).optional(),
  phone_number_identification_status: statuses,
  web3_wallet: z.array(z.string()).optional(),
  skip_password_requirement: z.boolean().nullish(),
  skip_user_requirement: z.boolean().nullish(),
  public_metadata: metadata.optional(),
  private_metadata: metadata.optional(),
  unsafe_metadata: metadata.optional(),
  banned: z.boolean().nullish(),
  locked: z.boolean().nullish(),
});

export type CreateUserParams = z.output<typeof createUserParams>;

/** Creates a user, the first of each kind of address being the primary one, and sends `user.created`. */
export function createUser(instance: Instance, params: CreateUserParams): ClerkUser {
  refuseForm(checkNewUser(instance, params));
  checkMetadataSizes(params);
  const user = makeUser(instance, params);
  instance.users.put(user);
  const answer = presentUser(user, user.snapshot.updated_at);
  instance.publish({ type: "user.created", at: user.snapshot.updated_at, data: answer });
  return answer;
}

function checkNewUser({ users, requirements }: Instance, params: CreateUserParams): ApiErrorItem[] {
  const emails = params.email_address ?? [];
  const phones = params.phone_number ?? [];
  return [
    ...requirements.disabled.filter((attribute) => params[attribute] !== undefined).map(paramUnknown),
    ...checkRequirements(requirements, params),
    ...checkEmailAddresses(users, emails),
    ...checkPhoneNumbers(users, phones),
    ...checkWeb3Wallets(users, params.web3_wallet ?? []),
    ...checkParallel("email_address", emails, params.email_address_identification_status),
    ...checkParallel("phone_number", phones, params.phone_number_identification_status),
    ...checkUserFields(users, params),
  ];
}

function checkRequirements({ required }: UserRequirements, params: CreateUserParams): ApiErrorItem[] {
  const given = {
    email_address: (params.email_address ?? []).length > 0,
    phone_number: (params.phone_number ?? []).length > 0,
    web3_wallet: (params.web3_wallet ?? []).length > 0,
    username: Boolean(params.username),
    password: Boolean(params.password ?? params.password_digest) || params.skip_password_requirement === true,
  };
  const identified = given.email_address || given.phone_number || given.web3_wallet || given.username;
  if (!identified) return [userDataMissing(["email_address"])];
  const missing = required.filter(
    (attribute) => !given[attribute] && (attribute === "password" || params.skip_user_requirement !== true),
  );
  return missing.length > 0 ? [userDataMissing(missing)] : [];
}

function checkParallel(param: string, values: readonly string[], states: readonly string[] = []): ApiErrorItem[] {
  if (states.length === 0 || states.length === values.length) return [];
  return [lengthMismatch(`${param}_identification_status`, param)];
}
