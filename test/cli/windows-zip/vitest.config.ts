/** `npm run test:windows-zip`: what is in the zip for Windows, and that it starts: on Windows, or under Wine where there is one. */
import { defineConfig } from "vitest/config";
import { alias } from "../../../vitest.config.ts";
import { startsWindowsPrograms } from "./windows.ts";

if (!startsWindowsPrograms) console.log("No Windows and no Wine here: nothing of the zip is started as on Windows.");

export default defineConfig({
  resolve: { alias },
  test: {
    include: [
      "test/cli/windows-zip/contents.zip.ts",
      ...(startsWindowsPrograms ? ["test/cli/windows-zip/started.zip.ts"] : []),
    ],
    setupFiles: ["reflect-metadata"],
    expect: { requireAssertions: true },
    testTimeout: 120_000,
    hookTimeout: 300_000,
    fileParallelism: false,
  },
});
