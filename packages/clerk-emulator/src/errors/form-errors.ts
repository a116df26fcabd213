import type { ApiErrorItem } from "./clerk-api-error.ts";

// Codes and texts from Clerk's error catalogue for rejected parameters (status 422). Texts that the catalogue leaves
// empty are copied from responses of Clerk's API.

export const paramMissing = (param: string): ApiErrorItem =>
  formError("form_param_missing", param, "is missing", `${param} must be included.`);

export const paramUnknown = (param: string): ApiErrorItem =>
  formError("form_param_unknown", param, "is unknown", `${param} is not a valid parameter for this request.`);

export const paramOfWrongType = (param: string, received: string, expected: string): ApiErrorItem =>
  formError(
    "form_param_value_invalid",
    param,
    "is invalid",
    `${param} is invalid. Received ${received}, must be of type ${expected}.`,
  );

export const paramValueInvalid = (param: string, value: string): ApiErrorItem =>
  formError(
    "form_param_value_invalid",
    param,
    "is invalid",
    `${value} does not match one of the allowed values for parameter ${param}`,
  );

export const paramNotAllowedWith = (param: string, other: string): ApiErrorItem =>
  formError(
    "form_conditional_param_disallowed",
    param,
    "is not allowed",
    `\`${param}\` isn't allowed when \`${other}\` is present.`,
  );

export const paramNotAllowedWhen = (param: string, other: string, value: string): ApiErrorItem =>
  formError(
    "form_conditional_param_disallowed",
    param,
    "is not allowed",
    `\`${param}\` isn't allowed when \`${other}\` is ${value}.`,
  );

export const paramMissingWith = (param: string, other: string): ApiErrorItem =>
  formError(
    "form_conditional_param_missing",
    param,
    "is missing",
    `\`${param}\` is required when \`${other}\` is present.`,
  );

export const paramTooLong = (param: string, limit: number): ApiErrorItem =>
  formError(
    "form_param_max_length_exceeded",
    param,
    "exceeds maximum length",
    `${param} should not exceed ${limit} characters.`,
  );

export const tooManyItems = (param: string, limit: number): ApiErrorItem =>
  formError(
    "form_param_array_size_exceeded",
    param,
    "exceeds maximum size",
    `${param} should not exceed ${limit} items.`,
  );

export const lengthMismatch = (param: string, other: string): ApiErrorItem =>
  formError(
    "form_param_array_length_mismatch",
    param,
    "length mismatch",
    `${param} must contain exactly one item for each item in ${other}.`,
  );

export const duplicateValues = (param: string): ApiErrorItem =>
  formError("form_param_duplicate", param, "duplicate values", `${param} contains duplicate values`);

export const metadataTooLarge = (param: string): ApiErrorItem =>
  formError(
    "form_param_exceeds_allowed_size",
    param,
    "exceeds maximum size",
    `${param} exceeds the maximum allowed size of 8 KB`,
  );

export const timeInvalid = (param: string): ApiErrorItem =>
  formError(
    "form_param_invalid_time",
    param,
    "invalid format",
    `${param} must contain a datetime specified in RFC3339 format (e.g. \`2022-10-20T10:00:27.645Z\`).`,
  );

export const dateInvalid = (param: string): ApiErrorItem =>
  sameText("form_param_invalid_date", param, "Date values must be given in Unix millisecond timestamp format.");

export const emailAddressInvalid = (param: string): ApiErrorItem =>
  formError("form_param_format_invalid", param, "is invalid", `${param} must be a valid email address.`);

export const phoneNumberInvalid = (param: string): ApiErrorItem =>
  formError(
    "form_param_format_invalid",
    param,
    "is invalid",
    `${param} must be a valid phone number according to E.164 international standard.`,
  );

export const web3WalletInvalid = (param: string): ApiErrorItem =>
  formError("form_param_format_invalid", param, "is invalid", `${param} must be a valid web3 wallet address.`);

export const localeInvalid = (param: string): ApiErrorItem =>
  formError("form_param_format_invalid", param, "is invalid", `${param} must be a valid BCP-47 language tag.`);

export const identifierExists = (param: string): ApiErrorItem =>
  sameText("form_identifier_exists", param, `That ${param.replaceAll("_", " ")} is taken. Please try another.`);

export const resourceMissing = (param: string): ApiErrorItem =>
  formError(
    "form_resource_not_found",
    param,
    "is missing",
    `The resource associated with the supplied ${param} was not found.`,
  );

export const verificationNeeded = (param: string): ApiErrorItem =>
  formError(
    "form_verification_needed",
    param,
    "is unverified",
    "This identification needs to be verified before you can perform this action.",
  );

export const passwordTooShort = (): ApiErrorItem =>
  sameText("form_password_length_too_short", "password", "Passwords must be 8 characters or more.");

export const passwordTooLong = (): ApiErrorItem =>
  sameText("form_password_length_too_long", "password", "Passwords must be less than 72 characters.");

export const passwordPwned = (): ApiErrorItem =>
  sameText(
    "form_password_pwned",
    "password",
    "Password has been found in an online data breach. For account safety, please use a different password.",
  );

export const usernameOfWrongLength = (): ApiErrorItem =>
  sameText("form_username_invalid_length", "username", "Username must be between 4 and 64 characters long.");

export const usernameOfWrongCharacters = (): ApiErrorItem =>
  sameText("form_username_invalid_character", "username", "Username can only contain letters, numbers and '_' or '-'.");

export const usernameOfDigitsOnly = (): ApiErrorItem =>
  sameText("form_username_needs_non_number_char", "username", "Username must contain one non-number character.");

export const totpSecretInvalid = (): ApiErrorItem =>
  formError(
    "invalid_totp_secret_code",
    "totp_secret",
    "invalid TOTP secret",
    "The TOTP secret is invalid, please provide a valid one base32 encoded",
  );

/** The request lacks attributes that the instance requires. */
export const userDataMissing = (params: readonly string[]): ApiErrorItem => ({
  code: "form_data_missing",
  message: "missing data",
  long_message: `${JSON.stringify(params)} data doesn't match user requirements set for this instance`,
  meta: { param_names: params },
});

function formError(code: string, param: string, message: string, longMessage: string): ApiErrorItem {
  return { code, message, long_message: longMessage, meta: { param_name: param } };
}

function sameText(code: string, param: string, text: string): ApiErrorItem {
  return formError(code, param, text, text);
}
