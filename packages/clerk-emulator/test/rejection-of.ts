import { isClerkAPIResponseError } from "@clerk/backend/errors";

/** The error that the SDK throws for a rejected call: the status, and the code and parameter of each item. */
export async function rejectionOf(call: Promise<unknown>): Promise<{ status: number | undefined; errors: string[] }> {
  try {
    await call;
  } catch (error) {
    if (!isClerkAPIResponseError(error)) throw error;
    return {
      status: error.status,
      errors: error.errors.map(({ code, meta }) => [code, meta?.paramName].filter(Boolean).join(" ")),
    };
  }
  throw new Error("The call was not rejected.");
}
