import { z } from "zod";
import { API_ENVIRONMENT } from "../../src/api/api-config.ts";
import { WORKER_ENVIRONMENT } from "../../workers/worker-config.ts";

/** Every variable of the project, for `.env.example` and the generated documentation. */
export const environmentSchema = z.object({ ...API_ENVIRONMENT, ...WORKER_ENVIRONMENT });
