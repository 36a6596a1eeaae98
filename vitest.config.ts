import { defineConfig } from "vitest/config";

export default defineConfig({
  // One copy of graphql: vitest resolves the ESM build for our imports and Node the CommonJS one for everybody else's.
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["reflect-metadata"],
    expect: { requireAssertions: true },
    testTimeout: 60_000,
    maxWorkers: "100%", // by default one core stays idle, which on two is half of them
  },
});
