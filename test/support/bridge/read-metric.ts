/** The sum of a metric's samples that have all of `labels`, from Prometheus's text format; 0 without samples. */
export function readMetric(text: string, name: string, labels: Readonly<Record<string, string>>): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const isWanted = (line: string) =>
    (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && wanted.every((label) => line.includes(label));
  return text
    .split("\n")
    .filter(isWanted)
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}
