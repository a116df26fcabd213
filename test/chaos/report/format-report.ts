import type { ChaosReport } from "../run-chaos.ts";

const shownViolations = 20;

export function formatReport({ seed, violations, faults, counts, story, folder }: ChaosReport): string {
  const lines = [
    `Seed ${seed}`,
    "Faults:",
    ...[...faults].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([kind, times]) => `  ${kind}: ${times}`),
    "Counts:",
    ...Object.entries(counts).map(([what, count]) => `  ${what}: ${count}`),
    `Violations: ${violations.length}`,
    ...violations.slice(0, shownViolations).map(({ userId, what }) => `  ${userId} ${what}`),
  ];
  if (story !== undefined) lines.push("The shortest history that was violated:", story);
  if (violations.length > 0) lines.push(`Logs and data are in ${folder}`);
  return lines.join("\n");
}
