/** Adds up the samples of a metric that carry all of `labels`, in Prometheus's text format; 0 when there is none. */
export function readMetric(text: string, name: string, labels: Readonly<Record<string, string>>): number {
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const isWanted = (line: string) =>
    (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && wanted.every((label) => line.includes(label));
  return text
    .split("\n")
    .filter(isWanted)
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}
