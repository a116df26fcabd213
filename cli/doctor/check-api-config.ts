import { type EnvironmentVariables, readApiConfig } from "../../src/config.ts";
import { createVerifier } from "../../src/webhooks/verify-message.ts";
import { bad, type Finding, good } from "./finding.ts";

/** Whether the API would start with this environment: the worker's does not have what only the API needs. */
export function checkApiConfig(variables: EnvironmentVariables): Finding[] {
  try {
    const { webhookSecrets } = readApiConfig(variables);
    createVerifier(webhookSecrets);
    return [good("API configuration", `${webhookSecrets.length} webhook secret(s)`)];
  } catch (error) {
    return [bad("API configuration", error instanceof Error ? error.message : String(error), "see .env.example")];
  }
}
