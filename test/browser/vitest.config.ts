import { defineConfig } from "vitest/config";
import { alias } from "../../vitest.config.ts";

/** Tests that need Chromium; `npm test` needs no browser. */
export default defineConfig({
  resolve: { alias },
  test: {
    include: ["test/browser/*.browser.ts"],
    setupFiles: ["reflect-metadata"],
    expect: { requireAssertions: true },
    testTimeout: 60_000,
  },
});
