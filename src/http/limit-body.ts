import { bodyLimit } from "hono/body-limit";
import { ApiError } from "./api-error.ts";

const maxBodyBytes = 256 * 1_024;

/** Answers 413 to a larger body, as soon as that is known: by the length that was announced, otherwise while reading. */
export const limitBody = () =>
  bodyLimit({
    maxSize: maxBodyBytes,
    onError: () => {
      throw new ApiError(413, "payload_too_large", "The body is larger than 256 KiB");
    },
  });
