import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

const root = join(import.meta.dirname, "../..");

const rulesSchema = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string().optional(),
          annotations: z.object({ summary: z.string(), runbook: z.string() }).optional(),
          labels: z.object({ severity: z.enum(["warning", "critical"]) }).optional(),
        }),
      ),
    }),
  ),
});

test("every alert has its section in docs/runbook.md and links to it, and every section has its alert", () => {
  const rules = rulesSchema.parse(parse(readFileSync(join(root, "deploy/prometheus/bridge.rules.yml"), "utf8")));
  const runbook = readFileSync(join(root, "docs/runbook.md"), "utf8");
  const sections = [...runbook.matchAll(/^## (\w+)$/gm)].map(([, name]) => name);
  const alerts = rules.groups.flatMap((group) => group.rules).filter(({ alert }) => alert !== undefined);
  expect(new Set(alerts.map(({ alert }) => alert))).toEqual(new Set(sections));
  expect(alerts.map(({ annotations }) => annotations?.runbook)).toEqual(
    alerts.map(({ alert }) => `docs/runbook.md#${alert?.toLowerCase()}`),
  );
  expect(alerts.filter(({ labels }) => labels === undefined)).toEqual([]);
});

test("every section of the runbook says what the alert means, what users notice, what to look at and what to do", () => {
  const runbook = readFileSync(join(root, "docs/runbook.md"), "utf8");
  const parts = ["**Meaning.**", "**What users notice.**", "**Look at.**", "**Do.**"];
  const incomplete = runbook
    .split(/^## /m)
    .slice(1)
    .filter((section) => !parts.every((part) => section.includes(part)));
  expect(incomplete).toEqual([]);
});
