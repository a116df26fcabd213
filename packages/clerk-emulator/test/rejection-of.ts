import { isClerkAPIResponseError } from "@clerk/backend/errors";

/** What the SDK makes of a refused call: the status, and of each error the code and the parameter it is about. */
export async function refusalOf(call: Promise<unknown>): Promise<{ status: number | undefined; errors: string[] }> {
  try {
    await call;
  } catch (error) {
    if (!isClerkAPIResponseError(error)) throw error;
    return {
      status: error.status,
      errors: error.errors.map(({ code, meta }) => [code, meta?.paramName].filter(Boolean).join(" ")),
    };
  }
  throw new Error("The call was not refused.");
}
