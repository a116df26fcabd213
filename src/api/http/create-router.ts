import { OpenAPIHono } from "@hono/zod-openapi";
import { requestId } from "hono/request-id";
import type { Logger } from "../../shared/logger.ts";
import type { ApiApp, ApiEnv } from "./api-env.ts";
import { ApiError, type ErrorDetail } from "../../http/api-error.ts";
import { logRequest } from "./log-request.ts";

/**
 * An empty API: request ids, one log line for each request, and invalid input answered with what is wrong where. Routes
 * and guards are added to it.
 */
export function createRouter(log: Logger): ApiApp {
  const api = new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (!result.success) throw invalidInput(result.error.issues);
    },
  });
  api.use("/api/*", requestId(), logRequest(log));
  return api;
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** 400 with a line for each thing that is wrong. */
export const invalidInput = (issues: readonly Issue[]): ApiError =>
  new ApiError(400, "invalid_input", "Invalid input", {
    details: issues.map(({ path, message }): ErrorDetail => ({ path: path.map(String).join("."), message })),
  });
