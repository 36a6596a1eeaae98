import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // In a project of its own this is the package; here it is the repository's.
  resolve: {
    alias: { "intune-pfx-gateway/client": fileURLToPath(new URL("../../src/client/client.ts", import.meta.url)) },
  },
  build: { target: "es2022", modulePreload: { polyfill: false } },
});
