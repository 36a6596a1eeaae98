import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // In a project of its own this is the package; here it is the repository's.
  resolve: {
    alias: {
      "intune-pfx-client/operations": fileURLToPath(
        new URL("../../packages/client/src/operations/operations.ts", import.meta.url),
      ),
    },
  },
  build: { target: "es2022", modulePreload: { polyfill: false } },
});
