/**
 * The layers, lowest first: imports run downwards or sideways, never up. `npm run layers` checks them; the same rules draw
 * the picture in docs/architecture.md.
 */
const layers = [
  ["src/shared", "src/domain"],
  ["src/redis", "src/clerk", "src/kafka", "src/http"],
  ["src/queue", "src/ledger", "src/cache", "src/analytics", "src/audit"],
  ["src/reconciliation", "src/resharding", "src/webhooks"],
  ["src/inspection"],
  ["src/api", "workers", "cli"],
];

const foldersPattern = (folders) => `^(${folders.join("|")})/`;

const upwardRules = layers.slice(0, -1).map((folders, index) => ({
  name: `layer-${index + 1}-imports-no-higher-layer`,
  severity: "error",
  from: { path: foldersPattern(folders) },
  to: { path: foldersPattern(layers.slice(index + 1).flat()) },
}));

const programs = layers.at(-1) ?? [];
const programRules = programs.map((program) => ({
  name: `${program.replace("/", "-")}-imports-no-other-program`,
  severity: "error",
  from: { path: foldersPattern([program]) },
  to: { path: foldersPattern(programs.filter((other) => other !== program)) },
}));

const bottomRules = (layers[0] ?? []).map((folder) => ({
  name: `${folder.replace("/", "-")}-imports-nothing-of-ours`,
  severity: "error",
  from: { path: foldersPattern([folder]) },
  to: { path: "^(src|workers|cli|dev|bench|test|packages)/", pathNot: foldersPattern([folder]) },
}));

export default {
  forbidden: [
    ...upwardRules,
    ...programRules,
    ...bottomRules,
    {
      name: "product-imports-no-tooling",
      severity: "error",
      from: { path: "^(src|workers|cli)/" },
      to: { path: "^(dev|bench|test|packages)/", pathNot: "^packages/events/" },
    },
    {
      name: "events-import-nothing-of-ours",
      severity: "error",
      from: { path: "^packages/events/src/" },
      to: { path: "^(src|workers|cli|dev|bench|test|packages)/", pathNot: "^packages/events/src/" },
    },
    {
      name: "emulator-imports-nothing-of-ours",
      severity: "error",
      from: { path: "^packages/clerk-emulator/" },
      to: { path: "^(src|workers|cli|dev|bench|test)/" },
    },
    { name: "no-file-cycle", severity: "error", from: {}, to: { circular: true } },
    { name: "no-folder-cycle", scope: "folder", severity: "error", from: {}, to: { circular: true } },
  ],
  options: {
    parser: "tsc",
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: ["\\.test\\.ts$", "/node_modules/"] },
  },
};
