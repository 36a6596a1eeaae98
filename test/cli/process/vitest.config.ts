/** `npm run test:cli`: the built command line as processes of their own, which are killed, piped and restarted. */
import { defineConfig } from "vitest/config";
import { alias } from "../../../vitest.config.ts";

export default defineConfig({
  resolve: { alias },
  test: {
    include: ["test/cli/process/*.process.ts"],
    setupFiles: ["reflect-metadata"],
    expect: { requireAssertions: true },
    testTimeout: 300_000,
    fileParallelism: false,
  },
});
