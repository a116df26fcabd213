import { z } from "zod";

// The parameters that creating and updating a user have in common. `null` and absent are told apart by the operations.

/** RFC 3339 in, Unix milliseconds out. */
const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const name = z.string().max(256);

export const metadata = z.record(z.string(), z.unknown());

export const userFields = {
  external_id: z.string().max(256).nullish(),
  first_name: name.nullish(),
  last_name: name.nullish(),
  locale: z.string().nullish(),
  timezone: z.string().nullish(),
  username: z.string().nullish(),
  password: z.string().nullish(),
  password_digest: z.string().nullish(),
  password_hasher: z.string().nullish(),
  skip_password_checks: z.boolean().nullish(),
  totp_secret: z.string().nullish(),
  backup_codes: z.array(z.string()).nullish(),
  delete_self_enabled: z.boolean().nullish(),
  create_organization_enabled: z.boolean().nullish(),
  create_organizations_limit: z.int().nullish(),
  legal_accepted_at: time.nullish(),
  skip_legal_checks: z.boolean().nullish(),
  created_at: time.nullish(),
  bypass_client_trust: z.boolean().nullish(),
};
