import { defineConfig } from "vitest/config";
import { alias } from "../../vitest.config.ts";

/** Tests that need a Redis; `npm test` needs none. */
export default defineConfig({
  resolve: { alias },
  test: {
    include: ["test/redis/*.redis.ts"],
    setupFiles: ["reflect-metadata"],
    expect: { requireAssertions: true },
    testTimeout: 60_000,
    maxWorkers: 3, // the tests wait more than they compute
  },
});
