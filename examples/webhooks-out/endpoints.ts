import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const endpointsSchema = z.array(
  z.object({
    /** Names the endpoint's consumer group: a new id starts with the oldest event. */
    id: z.string().regex(/^[\w.-]{1,100}$/),
    url: z.url({ protocol: /^https?$/ }),
    /** `whsec_…`, as the endpoint knows it. */
    secret: z.string().startsWith("whsec_"),
  }),
);
export type Endpoint = z.infer<typeof endpointsSchema>[number];

export const readEndpoints = async (file: string): Promise<Endpoint[]> =>
  endpointsSchema.parse(JSON.parse(await readFile(file, "utf8")));

const disabledSchema = z.record(z.string(), z.object({ at: z.iso.datetime(), reason: z.string() }));

/** Why and since when an endpoint gets no more webhooks. Delete its entry in the file `disabled.json` to continue where it stopped. */
export async function openDisabledEndpoints(folder: string) {
  const file = join(folder, "disabled.json");
  await mkdir(folder, { recursive: true });
  const disabled = disabledSchema.parse(
    await readFile(file, "utf8").then(
      (text): unknown => JSON.parse(text),
      () => ({}),
    ),
  );
  return {
    find: (id: string) => disabled[id],
    add: async (id: string, reason: string): Promise<void> => {
      disabled[id] = { at: new Date().toISOString(), reason };
      // A crash leaves the old file or the new one.
      await writeFile(`${file}.new`, JSON.stringify(disabled, undefined, 2));
      await rename(`${file}.new`, file);
    },
  };
}
