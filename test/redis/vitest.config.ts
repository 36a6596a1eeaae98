import { defineConfig } from "vitest/config";

/** Tests that need a Redis; `npm test` needs none. */
export default defineConfig({
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    include: ["test/redis/*.redis.ts"],
    setupFiles: ["reflect-metadata"],
    expect: { requireAssertions: true },
    testTimeout: 60_000,
  },
});
