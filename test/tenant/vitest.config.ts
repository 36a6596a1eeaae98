import { defineConfig } from "vitest/config";
import { alias } from "../../vitest.config.ts";

/** The survey against the emulator under each of its settings, and against a real tenant if variables name one. */
export default defineConfig({
  resolve: { alias },
  test: {
    include: ["test/tenant/*.tenant.ts"],
    setupFiles: ["reflect-metadata"],
    expect: { requireAssertions: true },
    testTimeout: 60_000,
    maxWorkers: 3, // the tests wait more than they compute
  },
});
