import { registerHooks } from "node:module";

// TypeScript 7 has no JavaScript API yet. dependency-cruiser parses with version 6, which is installed as `typescript-6`.
registerHooks({
  resolve: (specifier, context, nextResolve) =>
    nextResolve(specifier.replace(/^typescript(?=$|\/)/, "typescript-6"), context),
});
