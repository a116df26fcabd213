import { z } from "zod";

/** The fields of Clerk's `user.*` events that the naive receiver and worker use. */
export const clerkEventSchema = z.object({
  type: z.string(),
  timestamp: z.number(),
  data: z.looseObject({
    id: z.string(),
    first_name: z.string().nullish(),
    last_name: z.string().nullish(),
    email_addresses: z.array(z.looseObject({ email_address: z.string() })).default([]),
    public_metadata: z.looseObject({ role: z.string().nullish() }).nullish(),
  }),
});
type ClerkEvent = z.infer<typeof clerkEventSchema>;

/** The data of a job of the naive queue. */
export interface NaiveJob {
  readonly svixId: string;
  readonly event: ClerkEvent;
}
