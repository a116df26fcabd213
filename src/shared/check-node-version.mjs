// Loaded before a program's TypeScript, which an older Node cannot read: plain JavaScript that any Node can run.
const required = 24;
const { node: version } = process.versions;

if (Number(version.split(".")[0]) < required) {
  process.stderr.write(`clerk-kafka-bridge needs Node.js ${required} or newer; this is Node.js ${version}.\n`);
  process.exit(1);
}
