import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const packages = fileURLToPath(new URL("packages/", import.meta.url));

/** How every test resolves what it imports. */
export const alias = [
  // One copy of graphql: vitest resolves the ESM build for our imports and Node the CommonJS one for everybody else's.
  { find: /^graphql$/, replacement: "graphql/index.js" },
  // The packages are their sources, so that tests need no build. tsconfig.json says the same to the compiler.
  { find: /^intune-pfx-client$/, replacement: `${packages}client/src/client.ts` },
  { find: /^intune-pfx-client\/lists$/, replacement: `${packages}client/src/lists/lists.ts` },
  { find: /^intune-pfx-client\/operations$/, replacement: `${packages}client/src/operations/operations.ts` },
];

export default defineConfig({
  resolve: { alias },
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["reflect-metadata"],
    expect: { requireAssertions: true },
    testTimeout: 60_000,
    isolate: false, // a worker loads the gateway once, not again for every file
    maxWorkers: availableParallelism() + 2, // many tests wait for a clock; files more than there are cores use that time
  },
});
