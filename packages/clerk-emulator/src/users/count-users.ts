import type { Instance } from "../instance/instance.ts";
import type { QueryValues } from "../instance/query-values.ts";
import { readUserFilter } from "./user-filter.ts";

/** How many users pass the filter of `listUsers`. */
export function countUsers(instance: Instance, query: QueryValues): { object: "total_count"; total_count: number } {
  const passes = readUserFilter(query);
  let count = 0;
  for (const { snapshot } of instance.users.all()) if (passes(snapshot)) count += 1;
  return { object: "total_count", total_count: count };
}
