import { defineConfig } from "vitest/config";
import { alias } from "../../vitest.config.ts";

/** Tests that need OpenSSL, keytool, certtool and pk12util as programs; `npm test` needs none of them. */
export default defineConfig({
  resolve: { alias },
  test: {
    include: ["test/pfx-tools/*.tools.ts"],
    setupFiles: ["reflect-metadata"],
    expect: { requireAssertions: true },
    testTimeout: 180_000,
    hookTimeout: 180_000,
    maxWorkers: "100%",
  },
});
