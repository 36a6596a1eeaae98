import { defineConfig } from "vitest/config";

/** Tests that need Chromium; `npm test` needs no browser. */
export default defineConfig({
  resolve: { alias: [{ find: /^graphql$/, replacement: "graphql/index.js" }] },
  test: {
    include: ["test/browser/*.browser.ts"],
    setupFiles: ["reflect-metadata"],
    expect: { requireAssertions: true },
    testTimeout: 60_000,
  },
});
